import type { NewElement } from '../attributes/encode-data-set.ts';
import { toElements } from '../attributes/keywords.ts';
import type { Code } from './types.ts';

export function dcm(value: string, meaning: string): Code {
  return { value, scheme: 'DCM', meaning };
}

export function sct(value: string, meaning: string): Code {
  return { value, scheme: 'SCT', meaning };
}

export const PRIVATE_SCHEME = '99RADTRIAGE';

/** A concept that no public scheme has. */
export function own(value: string, meaning: string): Code {
  return { value, scheme: PRIVATE_SCHEME, meaning };
}

const MAX_SHORT_VALUE = 16;
const MAX_MEANING = 64;

/** The item of a code sequence (PS3.3 table 8.8-1). */
export function codeItem({ value, scheme, meaning }: Code): NewElement[] {
  const isLong = value.length > MAX_SHORT_VALUE;
  return toElements({
    CodeValue: isLong ? undefined : value,
    LongCodeValue: isLong ? value : undefined,
    CodingSchemeDesignator: scheme,
    CodeMeaning: meaning.slice(0, MAX_MEANING),
  });
}

export const SOURCE_IMAGE = dcm('121322', 'Source image for image processing operation');
export const NO_UNITS: Code = { value: '1', scheme: 'UCUM', meaning: 'no units' };

/** The modalities of CID 29 by their code, which is also the value of Modality. */
export const MODALITIES: Readonly<Record<string, Code>> = {
  CR: dcm('CR', 'Computed Radiography'),
  CT: dcm('CT', 'Computed Tomography'),
  DX: dcm('DX', 'Digital Radiography'),
  MG: dcm('MG', 'Mammography'),
  MR: dcm('MR', 'Magnetic Resonance'),
  NM: dcm('NM', 'Nuclear Medicine'),
  PT: dcm('PT', 'Positron emission tomography'),
  RF: dcm('RF', 'Radiofluoroscopy'),
  US: dcm('US', 'Ultrasound'),
  XA: dcm('XA', 'X-Ray Angiography'),
};
