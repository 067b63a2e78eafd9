import type { DicomJson } from './image-facts.ts';

/** Descriptor and data of the three palette lookup tables (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6). */
const TABLES = [
  ['00281101', '00281201'],
  ['00281102', '00281202'],
  ['00281103', '00281203'],
] as const;

function inlineBytes(element: unknown): Uint8Array | null {
  if (typeof element !== 'object' || element === null || !('InlineBinary' in element)) return null;
  if (typeof element.InlineBinary !== 'string') return null;
  return Uint8Array.from(atob(element.InlineBinary), (character) => character.charCodeAt(0));
}

function tableEntries(bytes: Uint8Array, descriptor: unknown): number[] {
  const [entries = 0, , bits = 16] = Array.isArray(descriptor) ? descriptor.map(Number) : [];
  // Eight-bit entries may be packed two to a word, which in little endian is byte after byte.
  if (bits === 8 && bytes.length <= (entries || 65_536) + 1) return [...bytes];
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length >> 1 }, (_, place) => words.getUint16(place * 2, true));
}

/** The image loader reads palettes as numbers, while DICOM JSON carries them as base64 (PS3.18 F.2.7). */
export function withPaletteNumbers(instance: DicomJson): DicomJson {
  const palettes: DicomJson = {};
  for (const [descriptor, data] of TABLES) {
    const bytes = inlineBytes(instance[data]);
    if (bytes !== null) {
      palettes[data] = { Value: tableEntries(bytes, instance[descriptor]?.Value) };
    }
  }
  return { ...instance, ...palettes };
}
