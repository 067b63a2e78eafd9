import type { Charset, PersonName } from './charset-encoder.ts';
import type { Subtlety } from './phantom/lesion.ts';

export type { Subtlety } from './phantom/lesion.ts';

/** Every generated image carries this Manufacturer; only the model phantom-lesion selects it. */
export const PHANTOM_MANUFACTURER = 'RadTriage Phantom';

export interface PhantomPatient {
  readonly name: PersonName;
  readonly id: string;
  /** DICOM date, YYYYMMDD. */
  readonly birthDate: string;
  readonly sex: 'M' | 'F';
}

export interface StudyOptions {
  readonly kind: 'CR' | 'DX' | 'CT' | 'MG';
  /** Anatomy and noise depend on the seed only: two studies that differ in `lesion` alone are twins. */
  readonly seed: number | string;
  readonly lesion: null | { readonly subtlety: Subtlety };
  readonly patient?: PhantomPatient;
  /** Character set in which the patient's name is written; UTF-8 unless given. */
  readonly charset?: Charset;
  readonly uidRoot?: string;
  /** Radiographs: drawn from the seed unless given. `LL` is a lateral view, always without a lesion. */
  readonly view?: 'PA' | 'AP' | 'LL';
  /** Radiographs: a lateral view besides, as a series of its own. */
  readonly lateral?: boolean;
  readonly photometric?: 'MONOCHROME1' | 'MONOCHROME2';
  /** RequestedProcedurePriority (0040,1003); left out unless given. */
  readonly priority?: 'STAT' | 'HIGH' | 'ROUTINE' | 'MEDIUM' | 'LOW';
  /** DICOM date and time, YYYYMMDD and HHMMSS. */
  readonly studyDate?: string;
  readonly studyTime?: string;
  readonly accessionNumber?: string;
  /** CT: all slices as frames of one enhanced image, feet first. */
  readonly enhanced?: boolean;
  /** MG: the left breast is on a smaller part of the detector; it is as large as the right one all the same. */
  readonly smallLeft?: boolean;
  readonly transferSyntax?: 'explicit' | 'implicit';
  /** CT: number of slices over the chest (24 unless given) and pixels along a side (320 unless given). */
  readonly slices?: number;
  readonly matrix?: number;
  /** CT: a coronal localizer besides, as the first series, in the same frame of reference. */
  readonly localizer?: boolean;
}

export interface GeneratedFile {
  /** File name, for example "CR0001.dcm". */
  readonly name: string;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  /** A whole Part 10 file. */
  readonly bytes: Buffer;
}

export interface LesionBox {
  readonly sopInstanceUid: string;
  /** From 1. */
  readonly frame: number;
  /** x, y, width, height in source pixels. */
  readonly box: readonly [number, number, number, number];
}

export interface GeneratedStudy {
  readonly studyInstanceUid: string;
  readonly patientId: string;
  readonly files: readonly GeneratedFile[];
  readonly lesion: null | { readonly boxes: readonly LesionBox[] };
}
