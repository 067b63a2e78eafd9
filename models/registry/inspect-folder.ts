import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import { type Manifest, parseManifest } from '../manifest/schema.ts';
import { CARD_FILE, MANIFEST_FILE } from './read-model-folder.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Files besides manifest, network and card that are taken along when they are there. */
const COMPANIONS = ['LICENSE', 'LICENSE.txt', 'LICENSE.md', 'NOTICE', 'NOTICE.txt'];

/** Largest sizes, bytes. An ONNX file above 2 GiB cannot hold its weights itself, and we take no weights beside it. */
export const FILE_LIMITS = { manifest: MIB, text: 4 * MIB, network: 2048 * MIB - 1 } as const;

/** One file that belongs to a model. */
export interface ModelFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A folder that may be added: nothing in it is at fault. */
export interface InspectedFolder {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly manifestSha256: string;
  /** What is copied, manifest first. */
  readonly files: readonly ModelFile[];
  /** What else lies there and is not taken along. */
  readonly leftOut: readonly string[];
}

/** Opened without following a link, and only when it is a plain file within its limit. */
async function openPlainFile(path: string, limit: number) {
  // A pipe in the place of a file must not hold us up: it is opened without waiting, and then found out.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(path, flags);
  const { size } = await handle.stat().catch(() => ({ size: -1 }));
  const isFile = (await handle.stat()).isFile();
  if (isFile && size <= limit) return { handle, size };
  await handle.close();
  const why = isFile ? `has ${size} bytes, more than the ${limit} allowed` : 'is not a plain file';
  throw new RadTriageError('REQUEST_INVALID', why);
}

async function readPlainFile(path: string, limit: number): Promise<Buffer> {
  const { handle } = await openPlainFile(path, limit);
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** Size and SHA-256 of a plain file, never held in memory as a whole. */
export async function digestPlainFile(
  path: string,
  limit: number,
): Promise<{ bytes: number; sha256: string }> {
  const { handle, size } = await openPlainFile(path, limit);
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { fd: handle }), hash);
  return { bytes: size, sha256: hash.digest('hex') };
}

/** Collects what is wrong, so that it is told at once. */
class Faults {
  readonly list: RadTriageError[] = [];

  async try<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (thrown) {
      this.list.push(describeFault(what, thrown));
      return undefined;
    }
  }

  throwAny(folder: string): void {
    const [first] = this.list;
    if (first === undefined) return;
    const all = this.list.map((fault) => fault.message).join('\n  ');
    const count = this.list.length === 1 ? '1 fault' : `${this.list.length} faults`;
    throw new RadTriageError(first.code, `${folder} cannot be added, ${count}:\n  ${all}`);
  }
}

function describeFault(what: string, thrown: unknown): RadTriageError {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  if (code === 'ENOENT') return new RadTriageError('MODEL_MISSING', `${what} is not there`);
  if (code === 'ELOOP') return new RadTriageError('REQUEST_INVALID', `${what} is a symbolic link`);
  const error = toRadTriageError(thrown, 'REQUEST_INVALID');
  return error.code === 'REQUEST_INVALID'
    ? new RadTriageError(error.code, `${what} ${error.message}`)
    : error;
}

async function checkFolder(folder: string): Promise<string[]> {
  const found = await lstat(folder).catch(() => undefined);
  if (found?.isDirectory() === true) return (await readdir(folder)).sort();
  const why =
    found === undefined
      ? 'there is no such folder'
      : found.isSymbolicLink()
        ? 'it is a symbolic link: name the folder itself'
        : 'it is not a folder: unpack an archive first (unzip, tar -x), and look at what is in it';
  throw new RadTriageError('REQUEST_INVALID', `${folder}: ${why}`);
}

/**
 * Looks through a folder that is to be added. Only the files that a model consists of are ever read: the names come
 * from us and from the manifest, which allows no path, and no link is followed.
 * @throws RadTriageError MODEL_MANIFEST_INVALID, MODEL_MISSING, MODEL_ALTERED, REQUEST_INVALID naming every fault
 */
export async function inspectModelFolder(folder: string): Promise<InspectedFolder> {
  const names = await checkFolder(folder);
  const faults = new Faults();
  const manifestBytes = await faults.try(MANIFEST_FILE, () =>
    readPlainFile(join(folder, MANIFEST_FILE), FILE_LIMITS.manifest),
  );
  const manifest =
    manifestBytes === undefined
      ? undefined
      : await faults.try(MANIFEST_FILE, async () =>
          parseManifest(manifestBytes.toString('utf8'), MANIFEST_FILE),
        );
  const digest = (name: string, limit: number) =>
    faults.try(name, async () => ({ name, ...(await digestPlainFile(join(folder, name), limit)) }));
  const texts = [CARD_FILE, ...COMPANIONS.filter((name) => names.includes(name))];
  const network =
    manifest === undefined ? undefined : await digest(manifest.file, FILE_LIMITS.network);
  const manifestSha256 = createHash('sha256')
    .update(manifestBytes ?? '')
    .digest('hex');
  const files = [
    { name: MANIFEST_FILE, bytes: manifestBytes?.length ?? 0, sha256: manifestSha256 },
    network,
    ...(await Promise.all(texts.map((name) => digest(name, FILE_LIMITS.text)))),
  ].filter((file) => file !== undefined);
  if (manifest !== undefined && network !== undefined && network.sha256 !== manifest.sha256) {
    const message = `${manifest.file} has the SHA-256 ${network.sha256}, the manifest names ${manifest.sha256}`;
    faults.list.push(new RadTriageError('MODEL_ALTERED', message));
  }
  faults.throwAny(folder);
  if (manifest === undefined) throw new RadTriageError('INTERNAL', 'no manifest and no fault');
  const taken = new Set(files.map((file) => file.name));
  return {
    folder,
    manifest,
    manifestSha256,
    files,
    leftOut: names.filter((name) => !taken.has(name)),
  };
}
