/** Types of protocol data units (PS3.8 section 9.3). */
export const PDU_TYPES = {
  associateRq: 0x01,
  associateAc: 0x02,
  associateRj: 0x03,
  data: 0x04,
  releaseRq: 0x05,
  releaseRp: 0x06,
  abort: 0x07,
} as const;

export const PDU_HEADER_BYTES = 6;
/** Item length (4), presentation context (1), message control header (1). */
export const PDV_HEADER_BYTES = 6;

/** Bits of the message control header (PS3.8 E.2). */
export const CONTROL_COMMAND = 0x01;
export const CONTROL_LAST = 0x02;

/** A-ASSOCIATE-RJ (PS3.8 9.3.4). */
export interface Rejection {
  /** 1 permanent, 2 transient. */
  readonly result: 1 | 2;
  /** 1 service user, 2 provider (ACSE), 3 provider (presentation). */
  readonly source: 1 | 2 | 3;
  readonly reason: number;
}

/** The rejections that RadTriage gives. */
export const REJECTIONS = {
  applicationContext: { result: 1, source: 1, reason: 2 },
  callingAe: { result: 1, source: 1, reason: 3 },
  calledAe: { result: 1, source: 1, reason: 7 },
  protocolVersion: { result: 1, source: 2, reason: 2 },
  userIdentity: { result: 1, source: 2, reason: 1 },
  temporaryCongestion: { result: 2, source: 3, reason: 1 },
  localLimit: { result: 2, source: 3, reason: 2 },
} as const satisfies Record<string, Rejection>;

/** A-ABORT (PS3.8 9.3.8). `reason` counts only when the source is the service provider (2). */
export interface Abort {
  readonly source: 0 | 2;
  readonly reason: number;
}

export const ABORTS = {
  byUser: { source: 0, reason: 0 },
  unspecified: { source: 2, reason: 0 },
  unrecognizedPdu: { source: 2, reason: 1 },
  unexpectedPdu: { source: 2, reason: 2 },
  unrecognizedParameter: { source: 2, reason: 4 },
  unexpectedParameter: { source: 2, reason: 5 },
  invalidParameter: { source: 2, reason: 6 },
} as const satisfies Record<string, Abort>;

/** A whole PDU around a body. */
export function encodePdu(type: number, body: Buffer): Buffer {
  const pdu = Buffer.alloc(PDU_HEADER_BYTES + body.length);
  pdu.writeUInt8(type, 0);
  pdu.writeUInt32BE(body.length, 2);
  body.copy(pdu, PDU_HEADER_BYTES);
  return pdu;
}

export function encodeRejection(rejection: Rejection): Buffer {
  const { result, source, reason } = rejection;
  return encodePdu(PDU_TYPES.associateRj, Buffer.from([0, result, source, reason]));
}

export function encodeAbort(abort: Abort): Buffer {
  return encodePdu(PDU_TYPES.abort, Buffer.from([0, 0, abort.source, abort.reason]));
}

export function encodeReleaseRequest(): Buffer {
  return encodePdu(PDU_TYPES.releaseRq, Buffer.alloc(4));
}

export function encodeReleaseReply(): Buffer {
  return encodePdu(PDU_TYPES.releaseRp, Buffer.alloc(4));
}

/**
 * The twelve bytes before a fragment that fills a P-DATA-TF PDU of its own: PDU header and PDV header. The fragment
 * follows them unaltered.
 */
export function encodeDataHeader(contextId: number, control: number, bytes: number): Buffer {
  const header = Buffer.allocUnsafe(PDU_HEADER_BYTES + PDV_HEADER_BYTES);
  header.writeUInt16BE(PDU_TYPES.data << 8, 0);
  header.writeUInt32BE(bytes + PDV_HEADER_BYTES, 2);
  header.writeUInt32BE(bytes + 2, 6);
  header.writeUInt8(contextId, 10);
  header.writeUInt8(control, 11);
  return header;
}

/** @returns undefined when the body is not that of an A-ASSOCIATE-RJ. */
export function decodeRejection(
  body: Buffer,
): { result: number; source: number; reason: number } | undefined {
  if (body.length !== 4) return undefined;
  return { result: body.readUInt8(1), source: body.readUInt8(2), reason: body.readUInt8(3) };
}

/** @returns undefined when the body is not that of an A-ABORT. */
export function decodeAbort(body: Buffer): { source: number; reason: number } | undefined {
  if (body.length !== 4) return undefined;
  return { source: body.readUInt8(2), reason: body.readUInt8(3) };
}
