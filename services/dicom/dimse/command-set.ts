import { RadTriageError } from '#core/errors.ts';
import { encodeUid, readUid } from '../part10/uid.ts';

/** Command fields (PS3.7 E.1). */
export const COMMANDS = {
  storeRq: 0x0001,
  storeRsp: 0x8001,
  echoRq: 0x0030,
  echoRsp: 0x8030,
  eventReportRq: 0x0100,
  eventReportRsp: 0x8100,
  getRq: 0x0110,
  setRq: 0x0120,
  actionRq: 0x0130,
  createRq: 0x0140,
  deleteRq: 0x0150,
  cancelRq: 0x0fff,
} as const;

/** Set in the command field of a response to a request. */
export const RESPONSE_BIT = 0x8000;

const NO_DATA_SET = 0x0101;
const WITH_DATA_SET = 0x0000;

/** Statuses that are not those of an error code (PS3.7 annex C). */
export const STATUS_SUCCESS = 0x0000;
export const STATUS_PROCESSING_FAILURE = 0x0110;
export const STATUS_INVALID_INSTANCE = 0x0117;
export const STATUS_NO_SUCH_CLASS = 0x0118;
export const STATUS_MISSING_ATTRIBUTE = 0x0120;
export const STATUS_UNRECOGNIZED_OPERATION = 0x0211;
export const STATUS_MISTYPED_ARGUMENT = 0x0212;
export const STATUS_RESOURCE_LIMITATION = 0x0213;

/** A command set (PS3.7 section 9 and annex E). Elements that the service at hand does not use are left out. */
export interface CommandSet {
  readonly commandField: number;
  readonly messageId?: number | undefined;
  readonly messageIdBeingRespondedTo?: number | undefined;
  readonly affectedSopClassUid?: string | undefined;
  readonly affectedSopInstanceUid?: string | undefined;
  readonly priority?: number | undefined;
  readonly hasDataSet: boolean;
  readonly status?: number | undefined;
  readonly errorComment?: string | undefined;
  readonly errorId?: number | undefined;
  /** Tags as group and element in one number, such as 0x00100020 (PS3.7 C.4.2.2). */
  readonly offendingElements?: readonly number[] | undefined;
  /** N-GET, N-SET, N-ACTION and N-DELETE requests name what they ask for, all others what they affect. */
  readonly requestedSopClassUid?: string | undefined;
  readonly requestedSopInstanceUid?: string | undefined;
  readonly eventTypeId?: number | undefined;
  readonly actionTypeId?: number | undefined;
  /** What an N-GET asks for; undefined or empty for everything (PS3.7 10.1.2.1.6). */
  readonly attributeIdentifiers?: readonly number[] | undefined;
}

const GROUP_LENGTH = 0x0000;
const AFFECTED_SOP_CLASS_UID = 0x0002;
const REQUESTED_SOP_CLASS_UID = 0x0003;
const COMMAND_FIELD = 0x0100;
const MESSAGE_ID = 0x0110;
const MESSAGE_ID_BEING_RESPONDED_TO = 0x0120;
const PRIORITY = 0x0700;
const COMMAND_DATA_SET_TYPE = 0x0800;
const STATUS = 0x0900;
const OFFENDING_ELEMENT = 0x0901;
const ERROR_COMMENT = 0x0902;
const ERROR_ID = 0x0903;
const AFFECTED_SOP_INSTANCE_UID = 0x1000;
const REQUESTED_SOP_INSTANCE_UID = 0x1001;
const EVENT_TYPE_ID = 0x1002;
const ATTRIBUTE_IDENTIFIER_LIST = 0x1005;
const ACTION_TYPE_ID = 0x1008;

/** Error Comment is an LO: 64 characters (PS3.7 annex C). */
const MAX_COMMENT = 64;

/** Encodes a command set in Implicit VR Little Endian with its group length, elements in ascending order. */
export function encodeCommandSet(command: CommandSet): Buffer {
  const elements: Buffer[] = [];
  const addNumber = (number: number, value: number | undefined): void => {
    if (value === undefined) return;
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16LE(value);
    elements.push(encodeElement(number, bytes));
  };
  const addUid = (number: number, uid: string | undefined): void => {
    if (uid !== undefined) elements.push(encodeElement(number, encodeUid(uid)));
  };
  const addTags = (number: number, tags: readonly number[] | undefined): void => {
    if (tags !== undefined) elements.push(encodeElement(number, encodeTags(tags)));
  };
  addUid(AFFECTED_SOP_CLASS_UID, command.affectedSopClassUid);
  addUid(REQUESTED_SOP_CLASS_UID, command.requestedSopClassUid);
  addNumber(COMMAND_FIELD, command.commandField);
  addNumber(MESSAGE_ID, command.messageId);
  addNumber(MESSAGE_ID_BEING_RESPONDED_TO, command.messageIdBeingRespondedTo);
  addNumber(PRIORITY, command.priority);
  addNumber(COMMAND_DATA_SET_TYPE, command.hasDataSet ? WITH_DATA_SET : NO_DATA_SET);
  addNumber(STATUS, command.status);
  addTags(OFFENDING_ELEMENT, command.offendingElements);
  if (command.errorComment !== undefined) {
    elements.push(encodeElement(ERROR_COMMENT, encodeComment(command.errorComment)));
  }
  addNumber(ERROR_ID, command.errorId);
  addUid(AFFECTED_SOP_INSTANCE_UID, command.affectedSopInstanceUid);
  addUid(REQUESTED_SOP_INSTANCE_UID, command.requestedSopInstanceUid);
  addNumber(EVENT_TYPE_ID, command.eventTypeId);
  addTags(ATTRIBUTE_IDENTIFIER_LIST, command.attributeIdentifiers);
  addNumber(ACTION_TYPE_ID, command.actionTypeId);
  const body = Buffer.concat(elements);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  return Buffer.concat([encodeElement(GROUP_LENGTH, length), body]);
}

function encodeElement(number: number, value: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16LE(number, 2);
  header.writeUInt32LE(value.length, 4);
  return Buffer.concat([header, value]);
}

/** AT values: group and element, two bytes each (PS3.5 6.2). */
function encodeTags(tags: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * tags.length);
  for (const [index, tag] of tags.entries()) {
    bytes.writeUInt16LE(tag >>> 16, 4 * index);
    bytes.writeUInt16LE(tag & 0xffff, 4 * index + 2);
  }
  return bytes;
}

function encodeComment(text: string): Buffer {
  const comment = text.replace(/[^\x20-\x5b\x5d-\x7e]/g, '?').slice(0, MAX_COMMENT);
  return Buffer.from(comment.length % 2 === 0 ? comment : `${comment} `, 'latin1');
}

/**
 * Decodes a command set. The group length is not trusted, elements that are not known are read over.
 * @throws RadTriageError DICOM_STRUCTURE when it is not element after element of group 0000, or lacks its command
 * field or data set type.
 */
export function decodeCommandSet(bytes: Buffer): CommandSet {
  const values = readElements(bytes);
  const commandField = readNumber(values, COMMAND_FIELD);
  const dataSetType = readNumber(values, COMMAND_DATA_SET_TYPE);
  if (commandField === undefined || dataSetType === undefined) {
    throw malformed('it lacks its command field or data set type');
  }
  return {
    commandField,
    hasDataSet: dataSetType !== NO_DATA_SET,
    messageId: readNumber(values, MESSAGE_ID),
    messageIdBeingRespondedTo: readNumber(values, MESSAGE_ID_BEING_RESPONDED_TO),
    priority: readNumber(values, PRIORITY),
    status: readNumber(values, STATUS),
    affectedSopClassUid: readText(values, AFFECTED_SOP_CLASS_UID),
    affectedSopInstanceUid: readText(values, AFFECTED_SOP_INSTANCE_UID),
    errorComment: readText(values, ERROR_COMMENT),
    errorId: readNumber(values, ERROR_ID),
    offendingElements: readTags(values, OFFENDING_ELEMENT),
    requestedSopClassUid: readText(values, REQUESTED_SOP_CLASS_UID),
    requestedSopInstanceUid: readText(values, REQUESTED_SOP_INSTANCE_UID),
    eventTypeId: readNumber(values, EVENT_TYPE_ID),
    actionTypeId: readNumber(values, ACTION_TYPE_ID),
    attributeIdentifiers: readTags(values, ATTRIBUTE_IDENTIFIER_LIST),
  };
}

function readElements(bytes: Buffer): Map<number, Buffer> {
  const values = new Map<number, Buffer>();
  let offset = 0;
  let last = -1;
  while (offset < bytes.length) {
    if (offset + 8 > bytes.length) throw malformed('an element is cut off');
    const number = bytes.readUInt16LE(offset + 2);
    const end = offset + 8 + bytes.readUInt32LE(offset + 4);
    if (bytes.readUInt16LE(offset) !== 0 || number <= last) {
      throw malformed('it is not made of ascending elements of group 0000');
    }
    if (end > bytes.length) throw malformed('an element reaches beyond its end');
    values.set(number, bytes.subarray(offset + 8, end));
    last = number;
    offset = end;
  }
  return values;
}

function readNumber(values: ReadonlyMap<number, Buffer>, number: number): number | undefined {
  const value = values.get(number);
  return value?.length === 2 ? value.readUInt16LE(0) : undefined;
}

function readText(values: ReadonlyMap<number, Buffer>, number: number): string | undefined {
  const value = values.get(number);
  return value === undefined ? undefined : readUid(value);
}

function readTags(values: ReadonlyMap<number, Buffer>, number: number): number[] | undefined {
  const value = values.get(number);
  if (value === undefined || value.length % 4 !== 0) return undefined;
  return Array.from(
    { length: value.length / 4 },
    (_, index) => value.readUInt16LE(4 * index) * 0x10000 + value.readUInt16LE(4 * index + 2),
  );
}

function malformed(what: string): RadTriageError {
  return new RadTriageError('DICOM_STRUCTURE', `malformed command set: ${what}`);
}
