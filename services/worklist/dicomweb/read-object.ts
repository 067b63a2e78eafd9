import { RadTriageError } from '#core/errors.ts';
import type { DicomJson } from '#dicom/attributes/dicom-json.ts';
import { encodingOf } from '#dicom/attributes/parse-elements.ts';
import { EXPLICIT_VR_LITTLE_ENDIAN, findTransferSyntax } from '#dicom/part10/transfer-syntaxes.ts';
import { type ByteSource, openByteSource, type PixelSource } from '#dicom/pixels/byte-source.ts';
import {
  rangesOfFrame,
  readEncapsulatedFrame,
  readNativeFrame,
} from '#dicom/pixels/frame-bytes.ts';
import { type LocatedPixels, locatePixels } from '#dicom/pixels/locate-pixels.ts';
import { readSourceBulkData, readSourceJson } from '#dicom/pixels/source-header.ts';
import type { WebContext } from '../context.ts';
import type { RetrievedRow } from './find-instances.ts';
import type { FileRange } from './retrieve/piece-stream.ts';

const AVAILABLE_TRANSFER_SYNTAX_UID = '00083002';

export function sourceOf(
  { blobs }: Pick<WebContext, 'blobs'>,
  row: Pick<RetrievedRow, 'blobPath' | 'dataSetOffset' | 'transferSyntaxUid'>,
): PixelSource {
  return {
    path: blobs.locate(row.blobPath),
    dataSetOffset: row.dataSetOffset,
    transferSyntaxUid: row.transferSyntaxUid,
  };
}

/** An instance in the DICOM JSON model, without its pixels (PS3.18 10.4.1.1.2). */
export function readInstanceJson(
  context: Pick<WebContext, 'blobs'>,
  row: Pick<RetrievedRow, 'blobPath' | 'dataSetOffset' | 'transferSyntaxUid'>,
  bulkDataUri: string,
): DicomJson {
  const json = readSourceJson(sourceOf(context, row), { bulkDataUri });
  json[AVAILABLE_TRANSFER_SYNTAX_UID] = { vr: 'UI', Value: [deliveredSyntax(row)] };
  return json;
}

/**
 * The bytes of a large binary value, in little endian.
 * @param path what stands behind `/bulkdata/` in the metadata
 * @throws RadTriageError NOT_FOUND
 */
export function readBulk(
  context: WebContext,
  row: Pick<RetrievedRow, 'blobPath' | 'dataSetOffset' | 'transferSyntaxUid'>,
  path: string,
): Uint8Array {
  return readSourceBulkData(sourceOf(context, row), path);
}

/** The transfer syntax that frames go out in: as stored when compressed, else explicit VR little endian. */
function deliveredSyntax(
  row: Pick<RetrievedRow, 'blobPath' | 'dataSetOffset' | 'transferSyntaxUid'>,
): string {
  const isEncapsulated = findTransferSyntax(row.transferSyntaxUid)?.encapsulated === true;
  return isEncapsulated ? row.transferSyntaxUid : EXPLICIT_VR_LITTLE_ENDIAN;
}

/** The frames of one instance. What counts is how the pixels are really coded: some archives decompress without
 * changing the transfer syntax. */
export class OpenFrames implements Disposable {
  /** Of the frames as they lie in the object; native ones are given in little endian. */
  readonly transferSyntaxUid: string;
  readonly isCompressed: boolean;
  readonly located: LocatedPixels;
  readonly #source: ByteSource;
  readonly #place: PixelSource;

  /** @throws RadTriageError as locatePixels does */
  constructor(source: PixelSource) {
    this.#place = source;
    this.#source = openByteSource(source);
    try {
      this.located = locatePixels(this.#source, source.transferSyntaxUid);
    } catch (error) {
      this.#source[Symbol.dispose]();
      throw error;
    }
    this.isCompressed = this.located.fragments !== undefined;
    this.transferSyntaxUid = this.isCompressed
      ? source.transferSyntaxUid
      : EXPLICIT_VR_LITTLE_ENDIAN;
  }

  get numberOfFrames(): number {
    return this.located.image.numberOfFrames;
  }

  /** @param frame from 1 @throws RadTriageError NOT_FOUND, PIXELS_UNDECODABLE, DICOM_TRUNCATED */
  read(frame: number): Uint8Array {
    this.check(frame);
    return this.isCompressed
      ? readEncapsulatedFrame(this.#source, this.located, frame - 1)
      : readNativeFrame(this.#source, this.located, frame - 1);
  }

  /**
   * Where the bytes of a frame lie in the object's file, when they can be passed on as they are.
   * @param frame from 1
   * @throws as `read`
   */
  rangesOf(frame: number): readonly FileRange[] | undefined {
    this.check(frame);
    const { path, dataSetOffset = 0, transferSyntaxUid } = this.#place;
    if (path === undefined || encodingOf(transferSyntaxUid) === 'deflated') return undefined;
    const ranges = rangesOfFrame(this.#source, this.located, frame - 1);
    return ranges?.map(({ offset, length }) => ({ path, start: dataSetOffset + offset, length }));
  }

  /** @param frame from 1 @throws RadTriageError NOT_FOUND */
  check(frame: number): void {
    if (frame >= 1 && frame <= this.numberOfFrames) return;
    throw new RadTriageError('NOT_FOUND', 'the instance has no such frame', {
      details: { frame, numberOfFrames: this.numberOfFrames },
    });
  }

  [Symbol.dispose](): void {
    this.#source[Symbol.dispose]();
  }
}
