import { RadTriageError } from '#core/errors.ts';
import { type MediaType, parseMediaType } from './store/media-type.ts';

/** How a payload goes out: bare, or as parts of multipart/related (PS3.18 8.7). */
export type Packaging = 'single' | 'multipart';

/** One thing that the asker takes. */
export interface Wish {
  readonly packaging: Packaging;
  // Lower case; may be a range of types.
  readonly mediaType: string;
  /** A UID, or `*` for whatever there is; undefined where the asker names none. */
  readonly transferSyntax: string | undefined;
}

interface Ranked {
  readonly wish: Wish;
  readonly quality: number;
}

/** Splits a list at its commas, but not within quotes. */
function splitList(text: string): string[] {
  return text.match(/(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g) ?? [];
}

function rank(media: MediaType): Ranked | undefined {
  const { type, parameters } = media;
  const quality = Number(parameters.get('q') ?? 1);
  if (!(quality > 0)) return undefined;
  const transferSyntax = parameters.get('transfer-syntax');
  if (type === 'multipart/related' || type === '*/*' || type === 'multipart/*') {
    const inner = type === 'multipart/related' ? parameters.get('type') : undefined;
    const mediaType = (inner ?? '*/*').toLowerCase();
    return { quality, wish: { packaging: 'multipart', mediaType, transferSyntax } };
  }
  return { quality, wish: { packaging: 'single', mediaType: type, transferSyntax } };
}

/**
 * What the asker takes, the most wanted first (RFC 9110 12.5.1): by q, else in the order given. What cannot be read is
 * passed over; no header at all takes everything.
 */
export function readWishes(accept: string | undefined): readonly Wish[] {
  const text = accept === undefined || accept.trim() === '' ? '*/*' : accept;
  const ranked = splitList(text).flatMap((part) => {
    const media = parseMediaType(part.trim());
    const entry = media === undefined ? undefined : rank(media);
    return entry === undefined ? [] : [entry];
  });
  return ranked.toSorted((a, b) => b.quality - a.quality).map(({ wish }) => wish);
}

/** Whether a range such as `image/*` covers a media type. */
export function covers(range: string, mediaType: string): boolean {
  if (range === '*/*' || range === mediaType) return true;
  const [kind = '', rest] = range.split('/');
  return rest === '*' && mediaType.startsWith(`${kind}/`);
}

export function notAcceptable(what: string): RadTriageError {
  return new RadTriageError('NOT_ACCEPTABLE', what);
}

/** @throws RadTriageError NOT_ACCEPTABLE unless application/dicom+json (or JSON) is taken */
export function requireJsonAccepted(accept: string | undefined): void {
  const takesJson = readWishes(accept).some(
    ({ mediaType }) =>
      covers(mediaType, 'application/dicom+json') || mediaType === 'application/json',
  );
  if (!takesJson) throw notAcceptable('application/dicom+json is what there is');
}
