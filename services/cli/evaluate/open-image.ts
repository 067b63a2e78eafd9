import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import type { DicomAttributes } from '#dicom/attributes/read-attributes.ts';
import type { TriageImage } from '#inference/triage-types.ts';
import { imageFacts } from '#models/manifest/image-facts.ts';
import { readAge } from '#quality/evaluation/groups.ts';
import type { TruthRow } from '#quality/evaluation/truth.ts';
import type { LabelRow } from '#test-data/labels-csv.ts';
import { wrapRadiograph } from '#test-data/wrap.ts';
import { readFileImage } from '../file-image.ts';
import type { Candidate } from './candidates.ts';

/** An image ready for the product's own path. */
export interface OpenedImage extends AsyncDisposable {
  readonly image: TriageImage;
  readonly attributes: DicomAttributes;
  /** A plain radiograph has UIDs of its wrapping: they are not its own. */
  readonly isWrapped: boolean;
}

/** View, age and sex of a plain radiograph, which has no header to say them. */
export type PlainContext = Pick<LabelRow, 'view' | 'age' | 'sex'>;

export const NO_CONTEXT: PlainContext = { view: '', age: null, sex: '' };

function cell(row: TruthRow, name: string): string {
  const entry = Object.entries(row.groups).find(([column]) => column.toLowerCase() === name);
  return entry?.[1].trim().toUpperCase() ?? '';
}

/** What the truth file says of an image, as far as DICOM has a word for it. */
export function plainContext(row: TruthRow | undefined): PlainContext {
  if (row === undefined) return NO_CONTEXT;
  const [view, sex] = [cell(row, 'view'), cell(row, 'sex')];
  const age = readAge(cell(row, 'age'));
  return {
    view: view === 'PA' || view === 'AP' || view === 'LL' ? view : '',
    sex: sex === 'M' || sex === 'F' || sex === 'O' ? sex : '',
    age: age === undefined ? null : Math.floor(age),
  };
}

type FileKind = 'dicom' | 'plain' | 'other';

const DICOM_PREFIX = 132;

/** By its first bytes, not by its name. */
export async function fileKind(path: string): Promise<FileKind> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(DICOM_PREFIX), 0, DICOM_PREFIX, 0);
    if (bytesRead === DICOM_PREFIX && buffer.toString('latin1', 128) === 'DICM') return 'dicom';
    const start = buffer.toString('latin1', 0, 8);
    const isPlain = start === '\x89PNG\r\n\x1a\n' || start.startsWith('\xff\xd8\xff');
    return isPlain ? 'plain' : 'other';
  } finally {
    await handle.close();
  }
}

/** Lower-case hex, streamed. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

/** @throws RadTriageError whatever keeps the file from being an image */
export async function openPart10(
  path: string,
): Promise<Omit<OpenedImage, typeof Symbol.asyncDispose>> {
  const { row, attributes } = await readFileImage(path);
  if (attributes.rows === undefined || attributes.columns === undefined) {
    throw new RadTriageError('PIXELS_MISSING', 'a DICOM object without pixels');
  }
  const image: TriageImage = { row, facts: imageFacts(attributes), problem: undefined };
  return { image, attributes, isWrapped: false };
}

/** Wrapped as the product's own `wrap` does it, in a file that goes with the image. */
async function openPlain(
  path: string,
  context: PlainContext,
  scratch: string,
): Promise<OpenedImage> {
  const row: LabelRow = { ...context, file: 'image', patient: 'EVALUATED' };
  const bytes = await wrapRadiograph(await readFile(path), row);
  const file = join(scratch, `${createHash('sha256').update(path).digest('hex')}.dcm`);
  await writeFile(file, bytes, { mode: 0o600 });
  const remove = () => rm(file, { force: true });
  try {
    return { ...(await openPart10(file)), isWrapped: true, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * @param scratch folder for the files of wrapped images
 * @throws RadTriageError whatever keeps it from being an image
 */
export async function openImage(
  { path }: Candidate,
  context: PlainContext,
  scratch: string,
): Promise<OpenedImage> {
  try {
    const kind = await fileKind(path);
    if (kind === 'plain') return await openPlain(path, context, scratch);
    if (kind === 'dicom') {
      return { ...(await openPart10(path)), [Symbol.asyncDispose]: async () => {} };
    }
  } catch (error) {
    throw toRadTriageError(error, 'NOT_FOUND');
  }
  throw new RadTriageError('DICOM_NOT_PART10', 'neither a DICOM file nor a PNG or JPEG');
}
