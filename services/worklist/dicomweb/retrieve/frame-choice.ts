import { EXPLICIT_VR_LITTLE_ENDIAN } from '#dicom/part10/transfer-syntaxes.ts';
import { findPixelSyntax, type PixelCoding } from '#dicom/pixels/transfer-syntaxes.ts';
import { covers, notAcceptable, type Packaging, type Wish } from '../negotiate.ts';

export const OCTETS = 'application/octet-stream';

/** The media type of a compressed frame that goes out as it is (PS3.18 table 8.7.3-5). */
const MEDIA_TYPES: Readonly<Partial<Record<PixelCoding, string>>> = {
  rle: 'image/dicom-rle',
  jpeg: 'image/jpeg',
  'jpeg-ls': 'image/jls',
  'jpeg-2000': 'image/jp2',
  htj2k: 'image/jphc',
};
export const FRAME_MEDIA_TYPES = [OCTETS, ...Object.values(MEDIA_TYPES)];

export interface FrameChoice {
  readonly packaging: Packaging;
  readonly mediaType: string;
  readonly transferSyntaxUid: string;
  /** Whether compressed frames have to be decoded. */
  readonly decoded: boolean;
}

interface Frames {
  /** In which they lie in the object. */
  readonly transferSyntaxUid: string;
  readonly isCompressed: boolean;
}

function choiceFor(frames: Frames, wish: Wish): FrameChoice | undefined {
  const { packaging, mediaType, transferSyntax } = wish;
  const stored = frames.transferSyntaxUid;
  const isStoredWished = transferSyntax === '*' || transferSyntax === stored;
  if (covers(mediaType, OCTETS)) {
    const octets = { packaging, mediaType: OCTETS };
    // Viewers ask for `transfer-syntax=*` and look at what the part says that it is.
    if (isStoredWished) return { ...octets, transferSyntaxUid: stored, decoded: false };
    if (transferSyntax === undefined || transferSyntax === EXPLICIT_VR_LITTLE_ENDIAN) {
      const transferSyntaxUid = EXPLICIT_VR_LITTLE_ENDIAN;
      return { ...octets, transferSyntaxUid, decoded: frames.isCompressed };
    }
  }
  const own = MEDIA_TYPES[findPixelSyntax(stored)?.coding ?? 'native'];
  if (!frames.isCompressed || own === undefined || !covers(mediaType, own)) return undefined;
  if (!isStoredWished && transferSyntax !== undefined) return undefined;
  return { packaging, mediaType: own, transferSyntaxUid: stored, decoded: false };
}

/**
 * How frames go out. Without a transfer syntax uncompressed is what is meant (PS3.18 8.7.3.4).
 * @param count of frames: bare, only one can go out
 * @throws RadTriageError NOT_ACCEPTABLE
 */
export function chooseFrames(frames: Frames, wishes: readonly Wish[], count: number): FrameChoice {
  for (const wish of wishes) {
    if (wish.packaging === 'single' && count !== 1) continue;
    const choice = choiceFor(frames, wish);
    if (choice !== undefined) return choice;
  }
  const own = MEDIA_TYPES[findPixelSyntax(frames.transferSyntaxUid)?.coding ?? 'native'];
  const asKept =
    frames.isCompressed && own !== undefined ? `, or ${own} in ${frames.transferSyntaxUid}` : '';
  throw notAcceptable(
    `${OCTETS} in ${EXPLICIT_VR_LITTLE_ENDIAN} (or as kept, with transfer-syntax=*) is what there is${asKept}; alone for one frame, in multipart/related for any number`,
  );
}
