import { isUid, readUid } from '../part10/uid.ts';
import { encodeItem, encodeTextItem, malformed, printable, readItems } from './associate-items.ts';

/** What the requestor may be for one SOP class; the answer says what the acceptor agrees to (PS3.7 D.3.3.4). */
export interface RoleSelection {
  readonly sopClassUid: string;
  readonly scu: boolean;
  readonly scp: boolean;
}

/** Who the user on the requestor's side says to be (PS3.7 D.3.3.7). Fields may hold secrets: never logged. */
export interface UserIdentity {
  /** 1 username, 2 username and passcode, 3 Kerberos service ticket, 4 SAML assertion, 5 JSON Web Token. */
  readonly type: number;
  readonly positiveResponseRequested: boolean;
  readonly primary: Buffer;
  /** The passcode of type 2, otherwise empty. */
  readonly secondary: Buffer;
}

/**
 * User information of either side (PS3.7 annex D). SOP class extended and common extended negotiation are read over:
 * leaving them unanswered is how they are refused (D.3.3.5, D.3.3.6).
 */
export interface UserInformation {
  /** Longest P-DATA-TF body that the side takes, in bytes; 0 means no limit. */
  readonly maxPduBytes: number;
  readonly implementationClassUid: string;
  readonly implementationVersion?: string;
  /** Asynchronous operations window, when the side spoke of it (PS3.7 D.3.3.3). */
  readonly asyncWindow?: { readonly invoked: number; readonly performed: number };
  readonly roles?: readonly RoleSelection[];
  /** Of a request. */
  readonly userIdentity?: UserIdentity;
  /** Of an answer: the server response, empty for all but Kerberos, SAML and JWT. */
  readonly userIdentityResponse?: Buffer;
}

const ITEM_USER_INFORMATION = 0x50;
const ITEM_MAX_LENGTH = 0x51;
const ITEM_IMPLEMENTATION_CLASS = 0x52;
const ITEM_ASYNC_WINDOW = 0x53;
const ITEM_ROLE_SELECTION = 0x54;
const ITEM_IMPLEMENTATION_VERSION = 0x55;
const ITEM_USER_IDENTITY = 0x58;
const ITEM_USER_IDENTITY_RESPONSE = 0x59;

export function encodeUserInformation(user: UserInformation): Buffer {
  const maxLength = Buffer.alloc(4);
  maxLength.writeUInt32BE(user.maxPduBytes);
  const items = [
    encodeItem(ITEM_MAX_LENGTH, maxLength),
    encodeTextItem(ITEM_IMPLEMENTATION_CLASS, user.implementationClassUid),
  ];
  if (user.asyncWindow !== undefined) {
    const window = Buffer.alloc(4);
    window.writeUInt16BE(user.asyncWindow.invoked, 0);
    window.writeUInt16BE(user.asyncWindow.performed, 2);
    items.push(encodeItem(ITEM_ASYNC_WINDOW, window));
  }
  items.push(...(user.roles ?? []).map(encodeRole));
  if (user.implementationVersion !== undefined) {
    items.push(encodeTextItem(ITEM_IMPLEMENTATION_VERSION, user.implementationVersion));
  }
  if (user.userIdentity !== undefined) items.push(encodeIdentity(user.userIdentity));
  if (user.userIdentityResponse !== undefined) {
    items.push(encodeItem(ITEM_USER_IDENTITY_RESPONSE, encodeField(user.userIdentityResponse)));
  }
  return encodeItem(ITEM_USER_INFORMATION, Buffer.concat(items));
}

function encodeRole({ sopClassUid, scu, scp }: RoleSelection): Buffer {
  const uid = encodeField(Buffer.from(sopClassUid, 'latin1'));
  const roles = Buffer.from([scu ? 1 : 0, scp ? 1 : 0]);
  return encodeItem(ITEM_ROLE_SELECTION, Buffer.concat([uid, roles]));
}

function encodeIdentity(identity: UserIdentity): Buffer {
  const head = Buffer.from([identity.type, identity.positiveResponseRequested ? 1 : 0]);
  const fields = [encodeField(identity.primary), encodeField(identity.secondary)];
  return encodeItem(ITEM_USER_IDENTITY, Buffer.concat([head, ...fields]));
}

function encodeField(value: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(value.length);
  return Buffer.concat([length, value]);
}

type Draft = { -readonly [Key in keyof UserInformation]: UserInformation[Key] };

/** @throws RadTriageError ASSOCIATION_FAILED when it is not made of items. */
export function decodeUserInformation(body: Buffer): UserInformation {
  const draft: Draft = { maxPduBytes: 0, implementationClassUid: '' };
  const roles: RoleSelection[] = [];
  for (const { type, value } of readItems(body)) {
    if (type === ITEM_ROLE_SELECTION) roles.push(decodeRole(value));
    else readUserItem(type, value, draft);
  }
  return roles.length === 0 ? draft : { ...draft, roles };
}

function readUserItem(type: number, value: Buffer, draft: Draft): void {
  switch (type) {
    case ITEM_MAX_LENGTH:
      if (value.length === 4) draft.maxPduBytes = value.readUInt32BE(0);
      return;
    case ITEM_IMPLEMENTATION_CLASS: {
      const uid = readUid(value);
      if (isUid(uid)) draft.implementationClassUid = uid;
      return;
    }
    case ITEM_IMPLEMENTATION_VERSION:
      draft.implementationVersion = printable(value);
      return;
    case ITEM_ASYNC_WINDOW:
      if (value.length !== 4) return;
      draft.asyncWindow = { invoked: value.readUInt16BE(0), performed: value.readUInt16BE(2) };
      return;
    case ITEM_USER_IDENTITY:
      draft.userIdentity = decodeIdentity(value);
      return;
    case ITEM_USER_IDENTITY_RESPONSE:
      draft.userIdentityResponse = readField(value, 0);
  }
}

function decodeRole(value: Buffer): RoleSelection {
  const uid = readField(value, 0);
  if (value.length !== uid.length + 4) throw malformed('a role selection has an impossible length');
  return {
    sopClassUid: readUid(uid),
    scu: value.readUInt8(value.length - 2) === 1,
    scp: value.readUInt8(value.length - 1) === 1,
  };
}

function decodeIdentity(value: Buffer): UserIdentity {
  if (value.length < 2) throw malformed('a user identity is too short');
  const primary = readField(value, 2);
  const rest = 4 + primary.length;
  return {
    type: value.readUInt8(0),
    positiveResponseRequested: value.readUInt8(1) === 1,
    primary,
    // Some leave out the length of a second field that is empty.
    secondary: rest === value.length ? Buffer.alloc(0) : readField(value, rest),
  };
}

function readField(value: Buffer, offset: number): Buffer {
  const start = offset + 2;
  if (start > value.length) throw malformed('a field is cut off');
  const end = start + value.readUInt16BE(offset);
  if (end > value.length) throw malformed('a field reaches beyond its item');
  return value.subarray(start, end);
}
