import { ERROR_KINDS, type ErrorCode } from '#core/errors.ts';
import { ATTRIBUTE_TABLE } from '#dicom/attributes/attribute-table.ts';
import { listCharacterSets } from '#dicom/charsets/character-sets.ts';
import { REJECTIONS } from '#dicom/dimse/pdu-codec.ts';
import { DEFAULT_SCP_LIMITS } from '#dicom/dimse/scp-types.ts';
import { DEFAULT_SCU_TIMEOUTS, MAX_PDU_BYTES } from '#dicom/dimse/scu.ts';
import { TLS_CIPHERS } from '#dicom/dimse/tls-server.ts';
import { SERVICE_STATUS } from '#listener/service-status.ts';
import type { Config } from '#platform/config/config.ts';
import { duration, hex, size, table, tagName } from './markdown.ts';

/** What each failure of a C-STORE means to the sender. The statuses themselves stand with the codes. */
const STORE_FAILURES: Partial<Record<ErrorCode, string>> = {
  STORAGE_FULL: 'The disk is full. Send again once there is room; nobody has to restart anything',
  STORAGE_FAILED: 'The disk did not take the object. Send again',
  DATABASE_UNAVAILABLE: 'The database is away for longer than is waited for. Send again',
  TOO_MANY_REQUESTS: 'More is coming in than can be kept. Send again later',
  DICOM_TOO_LARGE: 'The object is longer than `dicom.maxObjectBytes`',
  DICOM_ATTRIBUTE_MISSING: 'There is no data set, or it lacks one of the UIDs that place it',
  DICOM_UID_MISMATCH: 'The data set is not the instance that the command names',
  DICOM_UID_INVALID: 'A UID is not made of numbers and dots, or longer than 64 characters',
  DICOM_UNSUPPORTED: 'The SOP class of the command is not the one negotiated',
  DICOM_TRUNCATED: 'The data set ends in the middle of an element',
  DICOM_STRUCTURE: 'The data set is not made of elements, or nested beyond reason',
  INTERNAL: 'Something unforeseen; our log tells what',
};

export function storeStatuses(): string {
  const failures = Object.entries(STORE_FAILURES).map(([name, meaning]): [number, string[]] => {
    const code = Object.keys(ERROR_KINDS).find((each): each is ErrorCode => each === name);
    const { dimse, retryable } = ERROR_KINDS[code ?? 'INTERNAL'];
    const again = retryable ? 'yes' : 'no';
    return [dimse, ['Failure', hex(dimse), `\`${name}\``, again, meaning]];
  });
  const kept = 'The object is on disk, synced, and recorded; or an identical one already was';
  return table(
    ['Class', 'Status', 'Error Comment begins with', 'Sending again can help', 'Meaning'],
    [
      ['Success', '0000', '', '', kept],
      ...failures.toSorted(([a], [b]) => a - b).map(([, row]) => row),
    ],
  );
}

export function serviceStatuses(): string {
  const words = (name: string): string => name.replace(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`);
  return table(
    ['Status', 'Meaning (PS3.7 annex C)'],
    Object.entries(SERVICE_STATUS)
      .toSorted(([, a], [, b]) => a - b)
      .map(([name, status]) => [hex(status), words(name)]),
  );
}

const REJECTED_FOR: Readonly<Record<keyof typeof REJECTIONS, string>> = {
  applicationContext: 'The application context is not that of DICOM',
  callingAe:
    'The calling AE title is not listed, or may not come from this address or with this certificate',
  calledAe: 'The called AE title is not ours',
  protocolVersion: 'The protocol version is not 1',
  userIdentity: 'The user identity is missing, wrong, or of a type that is not taken',
  temporaryCongestion: 'The request could not be judged just now',
  localLimit: 'Too many associations, altogether or from this address, or identities to check',
};

export function rejections(): string {
  return table(
    ['Result', 'Source', 'Reason', 'When'],
    Object.entries(REJECTED_FOR).map(([name, when]) => {
      const known = Object.entries(REJECTIONS).find(([each]) => each === name);
      const { result, source, reason } = known?.[1] ?? REJECTIONS.localLimit;
      return [String(result), String(source), String(reason), when];
    }),
  );
}

export function limits({ dicom }: Config): string {
  const limit = DEFAULT_SCP_LIMITS;
  return table(
    ['Limit', 'Value', 'Setting'],
    [
      ['Associations at once', String(dicom.maxAssociations), '`dicom.maxAssociations`'],
      [
        'of them from one address',
        String(dicom.maxAssociationsPerPeer),
        '`dicom.maxAssociationsPerPeer`',
      ],
      ['Connections without an association', String(limit.maxPendingConnections), ''],
      ['Maximum PDU taken (announced)', size(limit.maxPduBytes), ''],
      ['A-ASSOCIATE-RQ', size(limit.maxAssociateBytes), ''],
      ['Command set', size(limit.maxCommandBytes), ''],
      ['Object', size(dicom.maxObjectBytes), '`dicom.maxObjectBytes`'],
      ['Data set of a DIMSE-N request', size(limit.maxServiceBytes), ''],
      ['ARTIM timer, TLS handshake', duration(limit.artimMs), ''],
      ['Association without a message', duration(limit.idleMs), ''],
      [
        'Within a message',
        `${size(limit.minBytesPerStall)} in each ${duration(limit.stallMs)}`,
        '',
      ],
      ['Answer to an N-EVENT-REPORT', duration(limit.eventAnswerMs), ''],
    ],
  );
}

export function requestorTimers(): string {
  return table(
    ['Timer', 'Value'],
    [
      ['Association, from the first packet', duration(DEFAULT_SCU_TIMEOUTS.associateMs)],
      ['Answer to a request', duration(DEFAULT_SCU_TIMEOUTS.responseMs)],
      ['Answer to a release', duration(DEFAULT_SCU_TIMEOUTS.releaseMs)],
      ['Maximum PDU taken (announced)', size(MAX_PDU_BYTES)],
    ],
  );
}

export function ciphers(): string {
  return TLS_CIPHERS.map((name) => `- \`${name}\``).join('\n');
}

export function characterSets(): string {
  return listCharacterSets()
    .map((term) => `- ${term}`)
    .join('\n');
}

export function attributes(): string {
  const keyword = (name: string): string =>
    name.charAt(0).toUpperCase() + name.slice(1).replace(/Uid$/, 'UID');
  const rows = Object.entries(ATTRIBUTE_TABLE).toSorted(([, a], [, b]) => a.tag - b.tag);
  return table(
    ['Tag', 'Attribute'],
    rows.map(([name, { tag }]) => [tagName(tag), keyword(name)]),
  );
}
