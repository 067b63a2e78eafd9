import { RadTriageError } from '#core/errors.ts';

/** How a payload goes out: bare, or as the only part of multipart/related (PS3.18 8.7). */
export type Packaging = 'single' | 'multipart';

interface AcceptedType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

function parseAccepted(text: string): AcceptedType {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters = rest.map((parameter): [string, string] => {
    const [name = '', value = ''] = parameter.split('=');
    return [name.trim().toLowerCase(), value.trim().replaceAll('"', '')];
  });
  return { type: type.toLowerCase(), parameters: new Map(parameters) };
}

function packagingFor(accepted: AcceptedType, mediaType: string): Packaging | undefined {
  if (accepted.type === 'multipart/related') {
    const inner = accepted.parameters.get('type') ?? '*/*';
    return inner === mediaType || inner === '*/*' ? 'multipart' : undefined;
  }
  if (accepted.type === '*/*' || accepted.type === 'multipart/*') return 'multipart';
  return accepted.type === mediaType ? 'single' : undefined;
}

/**
 * Chooses by the Accept header. Nothing is transcoded: the pixels go out in the transfer syntax that they are in.
 * @throws RadTriageError NOT_ACCEPTABLE
 */
export function choosePackaging(
  accept: string | undefined,
  offer: { mediaType: string; transferSyntaxUid: string },
): Packaging {
  if (accept === undefined || accept.trim() === '') return 'multipart';
  for (const part of accept.split(',')) {
    const accepted = parseAccepted(part);
    const packaging = packagingFor(accepted, offer.mediaType);
    const syntax = accepted.parameters.get('transfer-syntax') ?? '*';
    if (packaging !== undefined && (syntax === '*' || syntax === offer.transferSyntaxUid)) {
      return packaging;
    }
  }
  throw new RadTriageError(
    'NOT_ACCEPTABLE',
    `${offer.mediaType} in its own transfer syntax is what there is, alone or in multipart/related`,
    { details: { transferSyntaxUid: offer.transferSyntaxUid } },
  );
}

/** @throws RadTriageError NOT_ACCEPTABLE unless application/dicom+json (or JSON) is taken */
export function requireJsonAccepted(accept: string | undefined): void {
  if (accept === undefined || /application\/(dicom\+)?json|\*\/\*|application\/\*/i.test(accept)) {
    return;
  }
  throw new RadTriageError('NOT_ACCEPTABLE', 'application/dicom+json is what there is');
}
