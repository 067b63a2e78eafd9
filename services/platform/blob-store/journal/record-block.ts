import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { BLOCK_BYTES } from './slabs.ts';

/**
 * The record of one kept object: a block of 4 KB behind its bytes, in the same file and made durable by the same sync.
 * With it the journal alone tells what was kept, whole, before the database knows.
 *
 *     0  8  magic
 *     8  4  length of the text, little endian
 *    12  4  CRC-32 of the text
 *    16     JSON
 */
const MAGIC = Buffer.from('RTKEPT01', 'latin1');
const TEXT_AT = 16;

const recordSchema = z.strictObject({
  /** Name of the slot that it was written for: pixels that look like a record cannot know it. */
  slot: z.string(),
  /** Where the file belongs, below the root of the store. */
  path: z.string().regex(/^[a-z]+\/\d{4}\/\d\d\/\d\d\/[0-9a-z]+\.[a-z0-9]+$/),
  /** Bytes of the Part 10 file: what follows is padding and this record. */
  fileBytes: z.number().int().positive(),
  /** Where its data set begins. */
  dataSetOffset: z.number().int().positive(),
  /** CRC-32 of what stands before the data set. */
  headerCrc32: z.number().int(),
  /** SHA-256 of the data set, lower-case hex. */
  sha256: z.string().length(64),
  /** ISO 8601. */
  receivedAt: z.iso.datetime(),
});
export type KeptRecord = z.output<typeof recordSchema>;

/** Writes a record into the first block of `target`. */
export function writeRecord(record: KeptRecord, target: Buffer): void {
  const text = Buffer.from(JSON.stringify(record), 'utf8');
  target.fill(0, 0, BLOCK_BYTES);
  MAGIC.copy(target, 0);
  target.writeUInt32LE(text.length, MAGIC.length);
  target.writeUInt32LE(crc32(text), MAGIC.length + 4);
  text.copy(target, TEXT_AT);
}

/** Whether a block begins like a record, whole or not. */
export function looksLikeRecord(block: Buffer): boolean {
  return block.subarray(0, MAGIC.length).equals(MAGIC);
}

/** The record that a block holds, or undefined when it holds none that is whole. */
export function readRecord(block: Buffer): KeptRecord | undefined {
  if (block.length < BLOCK_BYTES || !looksLikeRecord(block)) return undefined;
  const length = block.readUInt32LE(MAGIC.length);
  if (TEXT_AT + length > BLOCK_BYTES) return undefined;
  const text = block.subarray(TEXT_AT, TEXT_AT + length);
  if (crc32(text) !== block.readUInt32LE(MAGIC.length + 4)) return undefined;
  try {
    return recordSchema.safeParse(JSON.parse(text.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
