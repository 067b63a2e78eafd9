import type { z } from 'zod';
import { RadTriageError } from '#core/errors.ts';
import type { DicomTextDecoder } from '../charsets/text-decoder.ts';
import {
  type AttributeKeyword,
  type DicomAttributes,
  dicomAttributesSchema,
  UID_PATTERN,
} from './attribute-schema.ts';
import {
  ATTRIBUTE_TABLE,
  type AttributeRow,
  CONTRIBUTING_EQUIPMENT,
  FALLBACK_SEQUENCES,
  FUNCTIONAL_GROUPS,
  MANDATORY_UIDS,
} from './attribute-table.ts';
import { itemsOf, textDecoderOf } from './element-values.ts';
import { functionalGroupsOf } from './functional-groups.ts';
import { type DataSet, parseHeader } from './parse-elements.ts';
import { readValue } from './read-value.ts';

export type { DicomAttributes } from './attribute-schema.ts';

/**
 * Reads the attributes that RadTriage works with.
 * @param dataSet the raw data set, without preamble and file meta information; may be cut from PixelData on
 * @param transferSyntaxUid how it is encoded; implicit, explicit, big endian and deflated are read, and every
 *   encapsulated syntax is explicit little endian
 * @throws RadTriageError DICOM_TRUNCATED, DICOM_STRUCTURE, DICOM_TOO_LARGE of the bytes; DICOM_ATTRIBUTE_MISSING or
 *   DICOM_UID_INVALID when one of the study, series, SOP instance or SOP class UIDs is absent or malformed
 */
export function readAttributes(dataSet: Uint8Array, transferSyntaxUid: string): DicomAttributes {
  if (!UID_PATTERN.test(transferSyntaxUid)) throw invalidUid('transferSyntaxUid');
  return collectAttributes(parseHeader(dataSet, transferSyntaxUid), transferSyntaxUid);
}

/** The same of a data set already parsed. */
export function collectAttributes(dataSet: DataSet, transferSyntaxUid: string): DicomAttributes {
  const read = readAll(dataSet, 0);
  for (const keyword of MANDATORY_UIDS) requireUid(read, keyword);
  return parseLeniently(dicomAttributesSchema, { ...read, transferSyntaxUid });
}

/** What does not hang on the object's place in a study. */
const imageAttributesSchema = dicomAttributesSchema.omit({
  transferSyntaxUid: true,
  studyInstanceUid: true,
  seriesInstanceUid: true,
  sopInstanceUid: true,
  sopClassUid: true,
});

export type ImageAttributes = z.infer<typeof imageAttributesSchema>;

/**
 * The attributes of one frame of a parsed data set, for decoding; no UID is asked for.
 * @param frame whose functional groups are read in an enhanced multi-frame object, from 0
 */
export function readImageAttributes(dataSet: DataSet, frame: number): ImageAttributes {
  return parseLeniently(imageAttributesSchema, readAll(dataSet, frame));
}

type ReadAttributes = Record<string, unknown> & { problems: string[] };

function readAll(dataSet: DataSet, frame: number): ReadAttributes {
  const reader = new AttributeReader(dataSet, frame);
  const attributes = { ...reader.readAll(), contributingEquipment: reader.readEquipment() };
  return { ...attributes, problems: reader.problems() };
}

function requireUid(read: Record<string, unknown>, keyword: AttributeKeyword): void {
  const value = read[keyword];
  if (value === undefined || value === '') {
    throw new RadTriageError('DICOM_ATTRIBUTE_MISSING', `${keyword} is missing`, {
      details: { keyword },
    });
  }
  if (typeof value !== 'string' || !UID_PATTERN.test(value)) throw invalidUid(keyword);
}

function invalidUid(keyword: string): RadTriageError {
  return new RadTriageError('DICOM_UID_INVALID', `${keyword} is no UID`, { details: { keyword } });
}

/** The schema's word is final: what it refuses is left out and named. */
function parseLeniently<T>(schema: z.ZodType<T>, attributes: ReadAttributes): T {
  const first = schema.safeParse(attributes);
  if (first.success) return first.data;
  for (const issue of first.error.issues) {
    const keyword = String(issue.path[0]);
    if (!(keyword in attributes)) continue;
    delete attributes[keyword];
    attributes.problems.push(`${keyword}: not allowed`);
  }
  return schema.parse(attributes);
}

/** Where an attribute may stand. */
interface Place {
  readonly keyword: string;
  readonly row: AttributeRow;
  readonly sequences: readonly number[];
  readonly group: number | undefined;
}

function lookUp<T>(table: Readonly<Record<string, T>>, keyword: string): T | undefined {
  return table[keyword];
}

const PLACES: readonly Place[] = Object.entries(ATTRIBUTE_TABLE).map(([keyword, row]) => ({
  keyword,
  row,
  sequences: lookUp(FALLBACK_SEQUENCES, keyword) ?? [],
  group: lookUp(FUNCTIONAL_GROUPS, keyword),
}));

class AttributeReader {
  private readonly dataSet: DataSet;
  private readonly decoder: DicomTextDecoder;
  private readonly groups: readonly DataSet[];
  private readonly found: string[] = [];

  constructor(dataSet: DataSet, frame: number) {
    this.dataSet = dataSet;
    this.decoder = textDecoderOf(dataSet);
    this.groups = functionalGroupsOf(dataSet, frame);
  }

  readAll(): Record<string, unknown> {
    const attributes: Record<string, unknown> = {};
    for (const place of PLACES) {
      const value = this.readOne(place);
      if (value !== undefined) attributes[place.keyword] = value;
    }
    return attributes;
  }

  readEquipment(): { manufacturer?: unknown; manufacturerModelName?: unknown }[] {
    return itemsOf(this.dataSet, CONTRIBUTING_EQUIPMENT).map((item) => {
      const decoder = textDecoderOf(item, this.decoder);
      const read = (row: AttributeRow) => {
        const element = item.elements.get(row.tag);
        if (element === undefined) return undefined;
        return readValue({ dataSet: item, element, row, decoder }).value;
      };
      return {
        manufacturer: read(ATTRIBUTE_TABLE.manufacturer),
        manufacturerModelName: read(ATTRIBUTE_TABLE.manufacturerModelName),
      };
    });
  }

  problems(): string[] {
    return [...this.found, ...this.decoder.problems];
  }

  /** In functional groups, which speak of this frame alone, then at the top, then in sequences. */
  private readOne(place: Place): unknown {
    const inGroups = this.readInGroups(place);
    if (inGroups !== undefined) return inGroups;
    const value = this.readIn(this.dataSet, place);
    if (value !== undefined) return value;
    for (const tag of place.sequences) {
      const found = this.readInItems(this.dataSet, { tag, place });
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private readInGroups(place: Place): unknown {
    if (place.group === undefined) return undefined;
    for (const group of this.groups) {
      const found = this.readInItems(group, { tag: place.group, place });
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private readInItems(dataSet: DataSet, { tag, place }: { tag: number; place: Place }): unknown {
    for (const item of itemsOf(dataSet, tag)) {
      const value = this.readIn(item, place);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  private readIn(dataSet: DataSet, { keyword, row }: Place): unknown {
    const element = dataSet.elements.get(row.tag);
    if (element === undefined || element.length === 0) return undefined;
    const { value, problem } = readValue({ dataSet, element, row, decoder: this.decoder });
    if (problem !== undefined) this.found.push(`${keyword}: ${problem}`);
    return value;
  }
}

/** What RadTriage writes as ManufacturerModelName into every object that it makes. */
export const OWN_MODEL_NAME = 'RadTriage';

/**
 * Whether the object was made by RadTriage, here or elsewhere: such a one never becomes work. Its mark is
 * ManufacturerModelName, or an item of ContributingEquipmentSequence when a PACS re-made the header.
 */
export function isMadeByRadTriage(attributes: DicomAttributes): boolean {
  return (
    attributes.manufacturerModelName === OWN_MODEL_NAME ||
    attributes.contributingEquipment.some((item) => item.manufacturerModelName === OWN_MODEL_NAME)
  );
}
