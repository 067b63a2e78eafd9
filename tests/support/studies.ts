import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { studyDetailSchema } from '#contracts/study.ts';
import { worklistSchema } from '#contracts/worklist.ts';
import { type GeneratedStudy, generateStudy, type StudyOptions } from '#test-data/study.ts';
import type { Instance } from './instance.ts';
import { peerPath } from './peers.ts';

/** Generates a study and writes its files to a folder of its own. */
export function writeStudy(
  parent: string,
  options: StudyOptions,
): GeneratedStudy & { folder: string } {
  const study = generateStudy(options);
  const folder = join(parent, study.studyInstanceUid);
  mkdirSync(folder, { recursive: true });
  for (const file of study.files) writeFileSync(join(folder, file.name), file.bytes);
  return { ...study, folder };
}

export interface SendReport {
  readonly code: number | null;
  /** SOP Instance UIDs for which storescu read Success. */
  readonly acknowledged: readonly string[];
}

/** Sends a folder with storescu and tells which instances were answered with Success. */
export function sendWithStorescu(
  to: { port: number; aeTitle: string },
  folder: string,
  uidOf: ReadonlyMap<string, string> = new Map(),
): Promise<SendReport> {
  const args = ['-v', '-aec', to.aeTitle, '+sd', '+r', '127.0.0.1', String(to.port), folder];
  const child = spawn(peerPath('storescu'), args, { env: { ...process.env, TCP_NODELAY: '1' } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  return new Promise((done) => {
    child.once('close', (code) => done({ code, acknowledged: acknowledgedIn(output, uidOf) }));
  });
}

/** DCMTK prints `Sending file: PATH` before each request and the status after it. */
function acknowledgedIn(output: string, uidOf: ReadonlyMap<string, string>): string[] {
  const acknowledged: string[] = [];
  let current = '';
  for (const line of output.split('\n')) {
    const sending = /Sending file: (.+)$/.exec(line);
    if (sending?.[1] !== undefined) current = sending[1].trim();
    if (line.includes('Received Store Response (Success)')) {
      acknowledged.push(uidOf.get(current.split('/').at(-1) ?? '') ?? current);
    }
  }
  return acknowledged;
}

export async function readStudy(instance: Instance, studyInstanceUid: string) {
  const response = await instance.api(`/api/studies/${studyInstanceUid}`);
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`study: ${response.status} ${await response.text()}`);
  return studyDetailSchema.parse(await response.json());
}

export async function readWorklist(instance: Instance, query = '') {
  const response = await instance.api(`/api/worklist?limit=500${query}`);
  if (!response.ok) throw new Error(`worklist: ${response.status} ${await response.text()}`);
  return worklistSchema.parse(await response.json());
}

const runState = z.object({ processes: z.record(z.string(), z.number()), databaseUrl: z.string() });

/** Process ids and database of a running instance, as they are now. */
export function readRunState(instance: Instance): z.output<typeof runState> {
  return runState.parse(JSON.parse(readFileSync(join(instance.dataDirectory, 'run.json'), 'utf8')));
}
