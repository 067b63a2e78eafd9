import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import { openAssociation, type ScuAssociation } from '#dicom/dimse/scu.ts';
import { type Part10, readPart10 } from '#dicom/part10/read-part10.ts';
import type { DicomAddress } from './options.ts';

export interface SendFailure {
  readonly file: string;
  readonly error: RadTriageError;
}

export interface SendResult {
  readonly sent: number;
  /** Not DICOM, or refused by the peer; the others are not held up by them. */
  readonly failures: readonly SendFailure[];
}

export interface SendOptions {
  readonly to: DicomAddress;
  readonly callingAe: string;
  readonly onProgress?: (done: number, total: number) => void;
}

interface FoundFile extends Part10 {
  readonly path: string;
}

/** PS3.8 9.3.2.2: presentation context ids are odd numbers below 256. */
const MAX_CONTEXTS = 128;

/** All regular files below a path (a file, or a folder at any depth), in order of name. */
export async function listFiles(path: string): Promise<string[]> {
  let info: Awaited<ReturnType<typeof stat>>;
  try {
    info = await stat(path);
  } catch (cause) {
    throw new RadTriageError('REQUEST_INVALID', `${path} does not exist or cannot be read`, {
      cause,
    });
  }
  if (info.isFile()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function contextKey(file: FoundFile): string {
  return `${file.meta.sopClassUid} ${file.meta.transferSyntaxUid}`;
}

/** Files in runs that one association has contexts enough for. */
function splitByContexts(files: readonly FoundFile[]): FoundFile[][] {
  const runs: FoundFile[][] = [];
  let run: FoundFile[] = [];
  let keys = new Set<string>();
  for (const file of files) {
    if (!keys.has(contextKey(file)) && keys.size === MAX_CONTEXTS) {
      runs.push(run);
      run = [];
      keys = new Set();
    }
    keys.add(contextKey(file));
    run.push(file);
  }
  if (run.length > 0) runs.push(run);
  return runs;
}

async function storeFile(association: ScuAssociation, file: FoundFile): Promise<void> {
  const { sopClassUid, sopInstanceUid, transferSyntaxUid } = file.meta;
  const answer = await association.store({
    sopClassUid,
    sopInstanceUid,
    transferSyntaxUid,
    dataSet: createReadStream(file.path, { start: file.dataSetOffset, highWaterMark: 128 * 1024 }),
  });
  // Bxxx is a warning: it was stored (PS3.4 table B.2-1).
  if (answer.status !== 0 && (answer.status & 0xf000) !== 0xb000) {
    const status = answer.status.toString(16).toUpperCase().padStart(4, '0');
    const comment = answer.errorComment === undefined ? '' : `: ${answer.errorComment}`;
    throw new RadTriageError('DICOM_UNSUPPORTED', `the peer answered 0x${status}${comment}`);
  }
}

async function sendRun(
  run: readonly FoundFile[],
  options: SendOptions,
  tell: (failure?: SendFailure) => void,
): Promise<void> {
  const { to, callingAe } = options;
  const byKey = new Map(run.map((file) => [contextKey(file), file.meta]));
  const contexts = [...byKey.values()].map((meta) => ({
    abstractSyntax: meta.sopClassUid,
    transferSyntaxes: [meta.transferSyntaxUid],
  }));
  const association = await openAssociation({
    host: to.host,
    port: to.port,
    calledAe: to.aeTitle,
    callingAe,
    contexts,
  });
  for (const file of run) {
    try {
      await storeFile(association, file);
      tell();
    } catch (thrown) {
      const error = toRadTriageError(thrown);
      if (error.code === 'ASSOCIATION_FAILED') throw error;
      tell({ file: file.path, error });
    }
  }
  await association.release();
}

/**
 * Sends DICOM files as they are: each data set in the transfer syntax and with the bytes it has.
 * @throws RadTriageError REQUEST_INVALID (no such path), ASSOCIATION_FAILED, ASSOCIATION_REJECTED
 */
export async function sendFiles(
  paths: readonly string[],
  options: SendOptions,
): Promise<SendResult> {
  const failures: SendFailure[] = [];
  const found: FoundFile[] = [];
  for (const path of paths) {
    try {
      found.push({ path, ...(await readPart10(path)) });
    } catch (error) {
      failures.push({ file: path, error: toRadTriageError(error) });
    }
  }
  let done = failures.length;
  for (const run of splitByContexts(found)) {
    await sendRun(run, options, (failure) => {
      if (failure !== undefined) failures.push(failure);
      done += 1;
      options.onProgress?.(done, paths.length);
    });
  }
  return { sent: done - failures.length, failures };
}
