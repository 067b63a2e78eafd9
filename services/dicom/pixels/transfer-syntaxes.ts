/** How the pixel data of a transfer syntax is coded. */
export type PixelCoding = 'native' | 'rle' | 'jpeg' | 'jpeg-ls' | 'jpeg-2000' | 'htj2k';

export interface PixelSyntax {
  readonly coding: PixelCoding;
  readonly name: string;
  /** Whether the coding itself may lose something; the object's LossyImageCompression says what was lost before. */
  readonly lossy: boolean;
}

function lossless(coding: PixelCoding, name: string): PixelSyntax {
  return { coding, name, lossy: false };
}

function lossy(coding: PixelCoding, name: string): PixelSyntax {
  return { coding, name, lossy: true };
}

/** Every transfer syntax whose pixels can be decoded (PS3.5 section 10). */
const PIXEL_SYNTAXES: Readonly<Record<string, PixelSyntax>> = {
  '1.2.840.10008.1.2': lossless('native', 'Implicit VR Little Endian'),
  '1.2.840.10008.1.2.1': lossless('native', 'Explicit VR Little Endian'),
  '1.2.840.10008.1.2.1.99': lossless('native', 'Deflated Explicit VR Little Endian'),
  '1.2.840.10008.1.2.2': lossless('native', 'Explicit VR Big Endian'),
  '1.2.840.10008.1.2.5': lossless('rle', 'RLE Lossless'),
  '1.2.840.10008.1.2.4.50': lossy('jpeg', 'JPEG Baseline'),
  '1.2.840.10008.1.2.4.51': lossy('jpeg', 'JPEG Extended'),
  // Retired, but archives of ultrasound and angiography still hold them.
  '1.2.840.10008.1.2.4.53': lossy('jpeg', 'JPEG Spectral Selection, Non-Hierarchical'),
  '1.2.840.10008.1.2.4.55': lossy('jpeg', 'JPEG Full Progression, Non-Hierarchical'),
  '1.2.840.10008.1.2.4.57': lossless('jpeg', 'JPEG Lossless'),
  '1.2.840.10008.1.2.4.70': lossless('jpeg', 'JPEG Lossless, First-Order Prediction'),
  '1.2.840.10008.1.2.4.80': lossless('jpeg-ls', 'JPEG-LS Lossless'),
  '1.2.840.10008.1.2.4.81': lossy('jpeg-ls', 'JPEG-LS Near-Lossless'),
  '1.2.840.10008.1.2.4.90': lossless('jpeg-2000', 'JPEG 2000 Lossless'),
  '1.2.840.10008.1.2.4.91': lossy('jpeg-2000', 'JPEG 2000'),
  '1.2.840.10008.1.2.4.201': lossless('htj2k', 'HTJ2K Lossless'),
  '1.2.840.10008.1.2.4.202': lossless('htj2k', 'HTJ2K Lossless RPCL'),
  '1.2.840.10008.1.2.4.203': lossy('htj2k', 'HTJ2K'),
};

/** The coding of a transfer syntax, or undefined when its pixels cannot be decoded here. */
export function findPixelSyntax(transferSyntaxUid: string): PixelSyntax | undefined {
  return PIXEL_SYNTAXES[transferSyntaxUid];
}
