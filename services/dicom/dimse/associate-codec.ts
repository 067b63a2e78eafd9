import { readUid } from '../part10/uid.ts';
import { encodeItem, encodeTextItem, malformed, printable, readItems } from './associate-items.ts';
import { encodePdu, PDU_TYPES } from './pdu-codec.ts';
import {
  decodeUserInformation,
  encodeUserInformation,
  type UserInformation,
} from './user-information.ts';

/** DICOM application context (PS3.7 A.2.1). */
export const DICOM_APPLICATION_CONTEXT = '1.2.840.10008.3.1.1.1';

/** What one side proposes for one presentation context (PS3.8 9.3.2.2). */
export interface ProposedContext {
  readonly contextId: number;
  readonly abstractSyntax: string;
  readonly transferSyntaxes: readonly string[];
}

/** The answer to one context (PS3.8 9.3.3.2): 0 accepted, 1 and 2 refused, 3 abstract syntax, 4 transfer syntaxes. */
export interface AnsweredContext {
  readonly contextId: number;
  readonly result: number;
  /** Counts only when the result is 0. */
  readonly transferSyntax: string;
}

interface AssociateFields<Context> {
  readonly protocolVersion: number;
  readonly calledAe: string;
  readonly callingAe: string;
  /** Bytes 11 to 74 of the PDU, which an answer has to give back as they came. */
  readonly titleBytes: Buffer;
  readonly applicationContext: string;
  readonly contexts: readonly Context[];
  readonly user: UserInformation;
}

export type AssociateRequest = AssociateFields<ProposedContext>;
export type AssociateAnswer = AssociateFields<AnsweredContext>;

const FIXED_BYTES = 68;
const MAX_CONTEXTS = 128;
const ITEM_APPLICATION_CONTEXT = 0x10;
const ITEM_PROPOSED_CONTEXT = 0x20;
const ITEM_ANSWERED_CONTEXT = 0x21;
const ITEM_ABSTRACT_SYNTAX = 0x30;
const ITEM_TRANSFER_SYNTAX = 0x40;
const ITEM_USER_INFORMATION = 0x50;

/** The 64 bytes that carry both AE titles: 16 each, padded with spaces, then 32 reserved. */
function encodeTitles(calledAe: string, callingAe: string): Buffer {
  const titles = Buffer.alloc(64);
  titles.fill(0x20, 0, 32);
  titles.write(calledAe.slice(0, 16), 0, 'latin1');
  titles.write(callingAe.slice(0, 16), 16, 'latin1');
  return titles;
}

export function encodeAssociateRequest(request: {
  calledAe: string;
  callingAe: string;
  contexts: readonly ProposedContext[];
  user: UserInformation;
}): Buffer {
  const contexts = request.contexts.map((context) =>
    encodeItem(
      ITEM_PROPOSED_CONTEXT,
      Buffer.concat([
        Buffer.from([context.contextId, 0, 0, 0]),
        encodeTextItem(ITEM_ABSTRACT_SYNTAX, context.abstractSyntax),
        ...context.transferSyntaxes.map((uid) => encodeTextItem(ITEM_TRANSFER_SYNTAX, uid)),
      ]),
    ),
  );
  const titles = encodeTitles(request.calledAe, request.callingAe);
  return encodeAssociate(PDU_TYPES.associateRq, titles, [
    ...contexts,
    encodeUserInformation(request.user),
  ]);
}

export function encodeAssociateAnswer(answer: {
  titleBytes: Buffer;
  contexts: readonly AnsweredContext[];
  user: UserInformation;
}): Buffer {
  const contexts = answer.contexts.map((context) =>
    encodeItem(
      ITEM_ANSWERED_CONTEXT,
      Buffer.concat([
        Buffer.from([context.contextId, 0, context.result, 0]),
        encodeTextItem(ITEM_TRANSFER_SYNTAX, context.transferSyntax),
      ]),
    ),
  );
  return encodeAssociate(PDU_TYPES.associateAc, answer.titleBytes, [
    ...contexts,
    encodeUserInformation(answer.user),
  ]);
}

function encodeAssociate(type: number, titles: Buffer, items: Buffer[]): Buffer {
  const version = Buffer.from([0, 1, 0, 0]);
  const application = encodeTextItem(ITEM_APPLICATION_CONTEXT, DICOM_APPLICATION_CONTEXT);
  return encodePdu(type, Buffer.concat([version, titles, application, ...items]));
}

/** @throws RadTriageError ASSOCIATION_FAILED when the body is not that of an A-ASSOCIATE-RQ. */
export function decodeAssociateRequest(body: Buffer): AssociateRequest {
  return decodeAssociate(body, ITEM_PROPOSED_CONTEXT, decodeProposedContext);
}

/** @throws RadTriageError ASSOCIATION_FAILED when the body is not that of an A-ASSOCIATE-AC. */
export function decodeAssociateAnswer(body: Buffer): AssociateAnswer {
  return decodeAssociate(body, ITEM_ANSWERED_CONTEXT, decodeAnsweredContext);
}

function decodeAssociate<Context extends { contextId: number }>(
  body: Buffer,
  contextItem: number,
  decodeContext: (body: Buffer) => Context,
): AssociateFields<Context> {
  if (body.length < FIXED_BYTES) throw malformed('it is too short');
  const contexts = new Map<number, Context>();
  let applicationContext = '';
  let user: UserInformation = { maxPduBytes: 0, implementationClassUid: '' };
  for (const { type, value } of readItems(body.subarray(FIXED_BYTES))) {
    if (type === ITEM_APPLICATION_CONTEXT) applicationContext = readUid(value);
    else if (type === ITEM_USER_INFORMATION) user = decodeUserInformation(value);
    else if (type === contextItem) {
      const context = decodeContext(value);
      if (contexts.has(context.contextId)) throw malformed('a presentation context stands twice');
      contexts.set(context.contextId, context);
      if (contexts.size > MAX_CONTEXTS) throw malformed('it has too many presentation contexts');
    }
  }
  return {
    protocolVersion: body.readUInt16BE(0),
    calledAe: readTitle(body, 4),
    callingAe: readTitle(body, 20),
    titleBytes: Buffer.from(body.subarray(4, FIXED_BYTES)),
    applicationContext,
    contexts: [...contexts.values()],
    user,
  };
}

function decodeProposedContext(body: Buffer): ProposedContext {
  const contextId = readContextId(body);
  let abstractSyntax: string | undefined;
  const transferSyntaxes: string[] = [];
  for (const { type, value } of readItems(body.subarray(4))) {
    if (type === ITEM_ABSTRACT_SYNTAX) abstractSyntax ??= readUid(value);
    else if (type === ITEM_TRANSFER_SYNTAX) transferSyntaxes.push(readUid(value));
  }
  if (abstractSyntax === undefined || transferSyntaxes.length === 0) {
    throw malformed('a presentation context lacks a syntax');
  }
  return { contextId, abstractSyntax, transferSyntaxes };
}

function decodeAnsweredContext(body: Buffer): AnsweredContext {
  const contextId = readContextId(body);
  let transferSyntax = '';
  for (const { type, value } of readItems(body.subarray(4))) {
    if (type === ITEM_TRANSFER_SYNTAX) transferSyntax = readUid(value);
  }
  return { contextId, result: body.readUInt8(2), transferSyntax };
}

/** Odd numbers from 1 to 255 (PS3.8 9.3.2.2). */
function readContextId(body: Buffer): number {
  if (body.length < 4) throw malformed('a presentation context is too short');
  const contextId = body.readUInt8(0);
  if (contextId % 2 === 0) throw malformed('a presentation context has an even number');
  return contextId;
}

function readTitle(body: Buffer, offset: number): string {
  return printable(body.subarray(offset, offset + 16));
}
