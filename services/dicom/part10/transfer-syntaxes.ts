/** How the elements of a data set are written (PS3.5 annex A). */
type DataSetEncoding = 'implicit-le' | 'explicit-le' | 'explicit-be' | 'deflated';

export interface TransferSyntax {
  readonly uid: string;
  /** Keyword of PS3.6 annex A. */
  readonly name: string;
  readonly encoding: DataSetEncoding;
  /** Pixel Data is a sequence of fragments instead of one native value (PS3.5 A.4). */
  readonly encapsulated: boolean;
}

export const IMPLICIT_VR_LITTLE_ENDIAN = '1.2.840.10008.1.2';
export const EXPLICIT_VR_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
const DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN = '1.2.840.10008.1.2.1.99';
const EXPLICIT_VR_BIG_ENDIAN = '1.2.840.10008.1.2.2';

const NATIVE: TransferSyntax[] = [
  {
    uid: IMPLICIT_VR_LITTLE_ENDIAN,
    name: 'ImplicitVRLittleEndian',
    encoding: 'implicit-le',
    encapsulated: false,
  },
  {
    uid: EXPLICIT_VR_LITTLE_ENDIAN,
    name: 'ExplicitVRLittleEndian',
    encoding: 'explicit-le',
    encapsulated: false,
  },
  {
    uid: EXPLICIT_VR_BIG_ENDIAN,
    name: 'ExplicitVRBigEndian',
    encoding: 'explicit-be',
    encapsulated: false,
  },
  {
    uid: DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    name: 'DeflatedExplicitVRLittleEndian',
    encoding: 'deflated',
    encapsulated: false,
  },
];

const ENCAPSULATED: [uid: string, name: string][] = [
  ['1.2.840.10008.1.2.5', 'RLELossless'],
  ['1.2.840.10008.1.2.4.50', 'JPEGBaseline8Bit'],
  ['1.2.840.10008.1.2.4.51', 'JPEGExtended12Bit'],
  ['1.2.840.10008.1.2.4.57', 'JPEGLossless'],
  ['1.2.840.10008.1.2.4.70', 'JPEGLosslessSV1'],
  ['1.2.840.10008.1.2.4.80', 'JPEGLSLossless'],
  ['1.2.840.10008.1.2.4.81', 'JPEGLSNearLossless'],
  ['1.2.840.10008.1.2.4.90', 'JPEG2000Lossless'],
  ['1.2.840.10008.1.2.4.91', 'JPEG2000'],
  ['1.2.840.10008.1.2.4.92', 'JPEG2000MCLossless'],
  ['1.2.840.10008.1.2.4.93', 'JPEG2000MC'],
  ['1.2.840.10008.1.2.4.201', 'HTJ2KLossless'],
  ['1.2.840.10008.1.2.4.202', 'HTJ2KLosslessRPCL'],
  ['1.2.840.10008.1.2.4.203', 'HTJ2K'],
  ['1.2.840.10008.1.2.4.100', 'MPEG2MPML'],
  ['1.2.840.10008.1.2.4.100.1', 'MPEG2MPMLF'],
  ['1.2.840.10008.1.2.4.101', 'MPEG2MPHL'],
  ['1.2.840.10008.1.2.4.101.1', 'MPEG2MPHLF'],
  ['1.2.840.10008.1.2.4.102', 'MPEG4HP41'],
  ['1.2.840.10008.1.2.4.102.1', 'MPEG4HP41F'],
  ['1.2.840.10008.1.2.4.103', 'MPEG4HP41BD'],
  ['1.2.840.10008.1.2.4.103.1', 'MPEG4HP41BDF'],
  ['1.2.840.10008.1.2.4.104', 'MPEG4HP422D'],
  ['1.2.840.10008.1.2.4.104.1', 'MPEG4HP422DF'],
  ['1.2.840.10008.1.2.4.105', 'MPEG4HP423D'],
  ['1.2.840.10008.1.2.4.105.1', 'MPEG4HP423DF'],
  ['1.2.840.10008.1.2.4.106', 'MPEG4HP42STEREO'],
  ['1.2.840.10008.1.2.4.106.1', 'MPEG4HP42STEREOF'],
  ['1.2.840.10008.1.2.4.107', 'HEVCMP51'],
  ['1.2.840.10008.1.2.4.108', 'HEVCM10P51'],
];

const TRANSFER_SYNTAXES: ReadonlyMap<string, TransferSyntax> = new Map(
  [
    ...NATIVE,
    ...ENCAPSULATED.map(
      ([uid, name]): TransferSyntax => ({ uid, name, encoding: 'explicit-le', encapsulated: true }),
    ),
  ].map((syntax) => [syntax.uid, syntax]),
);

/** The transfer syntax of a UID, or undefined for one that RadTriage does not take in. */
export function findTransferSyntax(uid: string): TransferSyntax | undefined {
  return TRANSFER_SYNTAXES.get(uid);
}

/** Every transfer syntax that RadTriage takes in. */
export function listTransferSyntaxes(): TransferSyntax[] {
  return [...TRANSFER_SYNTAXES.values()];
}
