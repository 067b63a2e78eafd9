import { RadTriageError } from '#core/errors.ts';
import { EXPLICIT_VR_LITTLE_ENDIAN } from '#dicom/part10/transfer-syntaxes.ts';
import { transcodeToExplicit } from '#dicom/pixels/transcode.ts';
import type { WebContext } from '../../context.ts';
import type { RetrievedRow } from '../find-instances.ts';
import type { Multipart } from '../multipart.ts';
import { sourceOf } from '../read-object.ts';
import type { ObjectForm } from './object-syntax.ts';
import type { Piece } from './piece-stream.ts';

const DICOM = 'application/dicom';

/** An instance, and how it is to go out. */
export interface Outgoing {
  readonly row: RetrievedRow;
  readonly form: ObjectForm;
  /** Whether it may go out as it is kept where it cannot be made anew. */
  readonly mayStay: boolean;
  readonly location: string;
}

/** The bytes of one instance, about to be read. */
export interface OpenObject {
  readonly transferSyntaxUid: string;
  readonly length: number;
  pieces(): AsyncGenerator<Piece>;
}

function openStored({ blobs }: WebContext, row: RetrievedRow): OpenObject {
  const length = Number(row.fileBytes);
  return {
    transferSyntaxUid: row.transferSyntaxUid,
    length,
    async *pieces() {
      yield { path: blobs.locate(row.blobPath), start: 0, length };
    },
  };
}

/** @throws RadTriageError as transcodeToExplicit does, unless the object may go out as it is kept */
export async function openObject(
  context: WebContext,
  { row, form, mayStay }: Outgoing,
): Promise<OpenObject> {
  if (form === 'stored') return openStored(context, row);
  const { sopClassUid, sopInstanceUid } = row;
  try {
    const meta = { sopClassUid, sopInstanceUid };
    const made = await transcodeToExplicit(sourceOf(context, row), meta, context.decoder);
    const pieces = () => made.chunks();
    return { transferSyntaxUid: EXPLICIT_VR_LITTLE_ENDIAN, length: made.length, pieces };
  } catch (error) {
    if (!mayStay || !(error instanceof RadTriageError)) throw error;
    context.logger.warn({ code: error.code, sopInstanceUid }, 'sent as kept: it cannot be decoded');
    return openStored(context, row);
  }
}

/** The length of a multipart body, when every instance goes out as it is kept. */
export function lengthOf(outgoing: readonly Outgoing[], multipart: Multipart): number | undefined {
  if (outgoing.some(({ form }) => form !== 'stored')) return undefined;
  const parts = outgoing.map(({ row, location }) => {
    const { transferSyntaxUid } = row;
    const length = Number(row.fileBytes);
    const head = multipart.partHead({ mediaType: DICOM, transferSyntaxUid, length, location });
    return head.length + length + multipart.partEnd.length;
  });
  return parts.reduce((sum, part) => sum + part, multipart.end.length);
}

/** Objects one after the other, each a part. Whoever stops early closes what is open. */
export async function* objectParts(
  context: WebContext,
  outgoing: readonly Outgoing[],
  multipart: Multipart,
): AsyncGenerator<Piece> {
  for (const each of outgoing) {
    const { transferSyntaxUid, length, pieces } = await openObject(context, each);
    const { location } = each;
    yield multipart.partHead({ mediaType: DICOM, transferSyntaxUid, length, location });
    yield* pieces();
    yield multipart.partEnd;
  }
  yield multipart.end;
}
