import { spawnSync } from 'node:child_process';
import type { ResultKind } from '#core/result-objects.ts';
import { unexpected } from './allowed-warnings.ts';
import { peerPath } from './peers.ts';

/** What independent validators say of a file, sorted by how they mean it. */
export interface Verdict {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

function linesOf(tool: string, args: readonly string[]): string[] {
  const result = spawnSync(peerPath(tool), args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (result.error !== undefined) throw result.error;
  return `${result.stdout}\n${result.stderr}`.split('\n').map((line) => line.trim());
}

/** dciodvfy: the attributes of one object against its IOD. @throws Error when it did not recognise the IOD */
export function verifyAttributes(path: string): Verdict & { readonly iod: string } {
  const lines = linesOf('dciodvfy', [path]);
  const iod = lines.find((line) => /^[A-Z][A-Za-z0-9]+$/.test(line));
  if (iod === undefined) throw new Error(`dciodvfy knows no such object: ${lines.join(' | ')}`);
  return {
    iod,
    errors: lines.filter((line) => line.startsWith('Error')),
    warnings: lines.filter((line) => line.startsWith('Warning')),
  };
}

/** dcentvfy: whether the objects agree on patient, study and series. */
export function verifyEntities(paths: readonly string[]): Verdict {
  const lines = linesOf('dcentvfy', paths);
  return {
    errors: lines.filter((line) => line.startsWith('Error')),
    warnings: lines.filter((line) => line.startsWith('Warning')),
  };
}

/** dsrdump: the content tree of a document; an error where it cannot be read as one. */
export function verifyDocument(path: string): Verdict & { readonly text: string } {
  const lines = linesOf('dsrdump', ['+Pl', path]);
  return {
    errors: lines.filter((line) => /^[EF]: /.test(line)),
    warnings: lines.filter((line) => line.startsWith('W: ')),
    text: lines.join('\n'),
  };
}

/** dcmpschk: a presentation state. @throws Error when it came to no conclusion */
export function verifyPresentationState(path: string): Verdict {
  const lines = linesOf('dcmpschk', [path]);
  if (!lines.some((line) => /^W: Test (passed|failed)/.test(line))) {
    throw new Error(`dcmpschk came to no conclusion: ${lines.join(' | ')}`);
  }
  return {
    errors: lines.filter((line) => /^[EF]: /.test(line)),
    warnings: lines.filter((line) => /^W: (?!Test)/.test(line)),
  };
}

/**
 * The faults of an object of ours that are not its source's own: what was taken over from an image that breaks the
 * standard breaks it still.
 */
export function faultsOf(path: string, sources: readonly string[], kind: ResultKind): string[] {
  const known = new Set(sources.flatMap((source) => flatten(verifyAttributes(source))));
  const found = [
    ...flatten(verifyAttributes(path)),
    ...flatten(verifyEntities([...sources, path])),
  ];
  if (kind === 'sr' || kind === 'ko' || kind === 'rejection') {
    found.push(...flatten(verifyDocument(path)));
  }
  if (kind === 'gsps') found.push(...flatten(verifyPresentationState(path)));
  return found.filter((fault) => !known.has(fault));
}

function flatten({ errors, warnings }: Verdict): string[] {
  return [...errors, ...unexpected(warnings)];
}
