import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import sharp from 'sharp';
import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import { deriveUid } from '#dicom/part10/derive-uid.ts';
import { encodeName } from './charset-encoder.ts';
import { type LabelRow, parseLabels } from './labels-csv.ts';
import { type Attributes, toElements, writePart10 } from './part10-writer.ts';

const DIGITAL_XRAY_FOR_PRESENTATION = '1.2.840.10008.5.1.4.1.1.1.1';
const MAX_PIXELS = 64_000_000;
const MAX_SIDE = 65_535;

export interface WrapOptions {
  /** Folder of JPEG or PNG radiographs. */
  readonly images: string;
  /** CSV with the columns file, patient, age, sex, view. */
  readonly labels: string;
  /** Folder for the DICOM files; made when missing. */
  readonly out: string;
  readonly onProgress?: (progress: { done: number; total: number }) => void;
}

export interface WrapResult {
  readonly written: number;
  /** Rows that gave no file, with the reason; the others are not held up by them. */
  readonly failures: readonly { readonly file: string; readonly error: RadTriageError }[];
}

/**
 * Makes one DX For Presentation study (8-bit MONOCHROME2) of each plain radiograph that the labels name. The UIDs
 * come from the image file's bytes, so a second run writes the same files.
 * @throws RadTriageError REQUEST_INVALID when the labels cannot be read
 */
export async function wrapImages(options: WrapOptions): Promise<WrapResult> {
  const rows = parseLabels(await readLabels(options.labels));
  await mkdir(options.out, { recursive: true });
  const failures: { file: string; error: RadTriageError }[] = [];
  let done = 0;
  for (const row of rows) {
    try {
      const bytes = await wrapRadiograph(await readImage(options.images, row.file), row);
      await writeFile(join(options.out, outputName(row.file)), bytes);
    } catch (error) {
      failures.push({ file: row.file, error: toRadTriageError(error, 'PIXELS_UNDECODABLE') });
    }
    done += 1;
    options.onProgress?.({ done, total: rows.length });
  }
  return { written: done - failures.length, failures };
}

async function readLabels(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new RadTriageError('REQUEST_INVALID', 'the labels file cannot be read', { cause });
  }
}

async function readImage(folder: string, file: string): Promise<Buffer> {
  const path = resolve(folder, file);
  const below = relative(resolve(folder), path);
  if (below.startsWith('..') || isAbsolute(below)) {
    throw new RadTriageError('REQUEST_INVALID', 'the file lies outside the folder of images');
  }
  try {
    return await readFile(path);
  } catch (cause) {
    throw new RadTriageError('NOT_FOUND', 'the image file cannot be read', { cause });
  }
}

/** One flat folder of files: separators become underscores. */
function outputName(file: string): string {
  return `${file.replaceAll(/[\\/]+/g, '_').replace(/\.[A-Za-z]+$/, '')}.dcm`;
}

/** One Part 10 file of one JPEG or PNG. */
export async function wrapRadiograph(source: Buffer, row: LabelRow): Promise<Buffer> {
  const image = await decodeGreyscale(source);
  const digest = createHash('sha256').update(source).digest('hex');
  const uid = (part: string) => deriveUid(['radtriage-wrap', digest, part]);
  const attributes: Attributes = {
    ...DX_ATTRIBUTES,
    SOPInstanceUID: uid('instance'),
    StudyInstanceUID: uid('study'),
    SeriesInstanceUID: uid('series'),
    PatientID: encodeName(row.patient, 'ISO_IR 192'),
    PatientName: encodeName(`Wrapped^${row.patient.replaceAll(/[\^=]/g, ' ')}`, 'ISO_IR 192'),
    PatientSex: row.sex,
    PatientAge: row.age === null ? undefined : `${String(row.age).padStart(3, '0')}Y`,
    ViewPosition: row.view,
    ...(row.view === '' ? {} : { ViewCodeSequence: [VIEW_CODES[row.view]] }),
    PatientOrientation: row.view === 'LL' ? ['A', 'F'] : ['L', 'F'],
    Rows: image.rows,
    Columns: image.columns,
    ...(image.lossy
      ? {
          LossyImageCompression: '01',
          LossyImageCompressionRatio: Number((image.pixels.length / source.length).toFixed(3)),
          LossyImageCompressionMethod: 'ISO_10918_1',
        }
      : { LossyImageCompression: '00' }),
    PixelData: image.pixels,
  };
  return writePart10(toElements(attributes));
}

const VIEW_CODES: Readonly<Record<'PA' | 'AP' | 'LL', Attributes>> = {
  PA: { CodeValue: '272479007', CodingSchemeDesignator: 'SCT', CodeMeaning: 'postero-anterior' },
  AP: { CodeValue: '399348003', CodingSchemeDesignator: 'SCT', CodeMeaning: 'antero-posterior' },
  LL: { CodeValue: '399173006', CodingSchemeDesignator: 'SCT', CodeMeaning: 'left lateral' },
};

/** Everything that does not depend on the image. Dates are unknown and stay empty. */
const DX_ATTRIBUTES: Attributes = {
  SpecificCharacterSet: 'ISO_IR 192',
  SOPClassUID: DIGITAL_XRAY_FOR_PRESENTATION,
  ImageType: ['DERIVED', 'SECONDARY', ''],
  StudyDate: '',
  StudyTime: '',
  ContentDate: '',
  ContentTime: '',
  AccessionNumber: '',
  Modality: 'DX',
  PresentationIntentType: 'FOR PRESENTATION',
  Manufacturer: '',
  ReferringPhysicianName: '',
  StudyDescription: 'Chest radiograph, wrapped from a plain image',
  PatientBirthDate: '',
  BodyPartExamined: 'CHEST',
  AnatomicRegionSequence: [
    { CodeValue: '51185008', CodingSchemeDesignator: 'SCT', CodeMeaning: 'Chest' },
  ],
  PositionerType: 'NONE',
  DetectorType: 'SCINTILLATOR',
  ImageLaterality: 'U',
  // The detector's spacing is required and not known: one millimetre stands in, and the comment says so.
  ImagerPixelSpacing: [1, 1],
  ImageComments:
    'Wrapped from a plain image: pixel spacing and detector are unknown, do not measure.',
  StudyID: '',
  SeriesNumber: 1,
  InstanceNumber: 1,
  SamplesPerPixel: 1,
  PhotometricInterpretation: 'MONOCHROME2',
  BitsAllocated: 8,
  BitsStored: 8,
  HighBit: 7,
  PixelRepresentation: 0,
  BurnedInAnnotation: 'NO',
  PixelIntensityRelationship: 'LOG',
  PixelIntensityRelationshipSign: -1,
  RescaleIntercept: 0,
  RescaleSlope: 1,
  RescaleType: 'US',
  WindowCenter: 128,
  WindowWidth: 256,
  PresentationLUTShape: 'IDENTITY',
  AcquisitionContextSequence: [],
};

interface GreyImage {
  readonly rows: number;
  readonly columns: number;
  readonly pixels: Buffer;
  readonly lossy: boolean;
}

/** 8-bit grey values; colour becomes ITU-R 601 luma in the integer form that other imaging libraries use. */
async function decodeGreyscale(source: Buffer): Promise<GreyImage> {
  const image = sharp(source, { limitInputPixels: MAX_PIXELS });
  const { format, depth, width, height } = await image.metadata();
  if ((format !== 'jpeg' && format !== 'png') || depth !== 'uchar') {
    throw new RadTriageError('PIXELS_UNDECODABLE', 'only 8-bit JPEG and PNG images are wrapped');
  }
  if (width > MAX_SIDE || height > MAX_SIDE) {
    throw new RadTriageError('PIXELS_TOO_LARGE', 'the image has a side above 65535 pixels');
  }
  const { data, info } = await image.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const lossy = format === 'jpeg';
  if (info.channels === 1) return { rows: info.height, columns: info.width, pixels: data, lossy };
  if (info.channels !== 3) {
    throw new RadTriageError('PIXELS_UNDECODABLE', `an image of ${info.channels} channels`);
  }
  const pixels = Buffer.alloc(info.width * info.height);
  for (let i = 0; i < pixels.length; i += 1) {
    const at = i * 3;
    const luma = 19595 * (data[at] ?? 0) + 38470 * (data[at + 1] ?? 0) + 7471 * (data[at + 2] ?? 0);
    pixels[i] = (luma + 0x8000) >> 16;
  }
  return { rows: info.height, columns: info.width, pixels, lossy };
}
