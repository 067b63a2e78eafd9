import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import {
  decodeAssociateAnswer,
  decodeAssociateRequest,
  encodeAssociateAnswer,
  encodeAssociateRequest,
} from '#dicom/dimse/associate-codec.ts';
import { negotiateContexts } from '#dicom/dimse/negotiate-contexts.ts';
import { SopClassTable } from '#dicom/dimse/sop-class-table.ts';
import {
  associateRequestBody,
  CT_IMAGE,
  userItem,
  VERIFICATION,
} from '#tests/support/byte-peer.ts';
import { propertyRun } from '#tests/support/property-run.ts';

const IMPLICIT_LE = '1.2.840.10008.1.2';
const EXPLICIT_LE = '1.2.840.10008.1.2.1';
const JPEG_LOSSLESS = '1.2.840.10008.1.2.4.70';

describe('A-ASSOCIATE PDUs', () => {
  test('a request of a byte-level peer is decoded', () => {
    const identity = userItem(0x58, Buffer.from([1, 1, 0, 4, 97, 98, 99, 100, 0, 0]));
    const window = userItem(0x53, Buffer.from([0, 5, 0, 7]));
    const request = decodeAssociateRequest(
      associateRequestBody({
        calledAe: 'TRIAGE',
        callingAe: 'CT 1',
        maxLength: 32_768,
        userItems: [window, identity],
      }),
    );
    expect(request).toMatchObject({
      protocolVersion: 1,
      calledAe: 'TRIAGE',
      callingAe: 'CT 1',
      applicationContext: '1.2.840.10008.3.1.1.1',
      contexts: [
        { contextId: 1, abstractSyntax: VERIFICATION, transferSyntaxes: [IMPLICIT_LE] },
        { contextId: 3, abstractSyntax: CT_IMAGE, transferSyntaxes: [EXPLICIT_LE] },
        { contextId: 5, abstractSyntax: CT_IMAGE, transferSyntaxes: [IMPLICIT_LE] },
      ],
      user: {
        maxPduBytes: 32_768,
        implementationClassUid: '2.25.1',
        implementationVersion: 'BYTEPEER',
        asyncWindow: { invoked: 5, performed: 7 },
        userIdentity: {
          type: 1,
          positiveResponseRequested: true,
          primary: Buffer.from('abcd'),
          secondary: Buffer.alloc(0),
        },
      },
    });
  });

  test('what is encoded is decoded again', () => {
    const user = { maxPduBytes: 131_072, implementationClassUid: '2.25.7' };
    const contexts = [{ contextId: 1, abstractSyntax: CT_IMAGE, transferSyntaxes: [EXPLICIT_LE] }];
    const request = encodeAssociateRequest({ calledAe: 'A', callingAe: 'B', contexts, user });
    expect(request.readUInt32BE(2)).toBe(request.length - 6);
    const decoded = decodeAssociateRequest(request.subarray(6));
    expect(decoded).toMatchObject({ calledAe: 'A', callingAe: 'B', contexts });
    const answers = [{ contextId: 1, result: 0, transferSyntax: EXPLICIT_LE }];
    const answer = encodeAssociateAnswer({
      titleBytes: decoded.titleBytes,
      contexts: answers,
      user: { ...user, asyncWindow: { invoked: 1, performed: 1 } },
    });
    expect(decodeAssociateAnswer(answer.subarray(6))).toMatchObject({
      calledAe: 'A',
      callingAe: 'B',
      contexts: answers,
      user: { asyncWindow: { invoked: 1, performed: 1 } },
    });
  });

  test.each([
    ['an even context number', { 2: [VERIFICATION, IMPLICIT_LE] }],
    ['a context without transfer syntax', { 1: [VERIFICATION] }],
  ])('%s is refused', (_, contexts) => {
    expect(() => decodeAssociateRequest(associateRequestBody({ contexts }))).toThrowError(
      expect.objectContaining({ code: 'ASSOCIATION_FAILED' }),
    );
  });

  test('control characters in an AE title do not reach a log', () => {
    const body = associateRequestBody({ callingAe: 'A\n\u001b[31mB' });
    expect(decodeAssociateRequest(body).callingAe).toBe('A??[31mB');
  });

  test('any change to a request is decoded or refused, never a crash', () => {
    const whole = associateRequestBody();
    fc.assert(
      fc.property(
        fc.nat(whole.length),
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 }),
        (length, changes) => {
          const body = Buffer.from(whole);
          for (const [index, value] of changes) body[index] = value;
          try {
            decodeAssociateRequest(body.subarray(0, length));
          } catch (error) {
            expect(error).toBeInstanceOf(RadTriageError);
          }
        },
      ),
      propertyRun({ numRuns: 2000 }),
    );
  });
});

describe('presentation contexts', () => {
  test('each is judged by itself; the first syntax of the proposer that we take is chosen', () => {
    const contexts = [
      { contextId: 1, abstractSyntax: VERIFICATION, transferSyntaxes: [IMPLICIT_LE] },
      {
        contextId: 3,
        abstractSyntax: CT_IMAGE,
        transferSyntaxes: ['1.2.3.4', JPEG_LOSSLESS, EXPLICIT_LE],
      },
      { contextId: 5, abstractSyntax: '1.2.3.4.5', transferSyntaxes: [IMPLICIT_LE] },
      { contextId: 7, abstractSyntax: CT_IMAGE, transferSyntaxes: ['1.2.3.4'] },
      { contextId: 9, abstractSyntax: VERIFICATION, transferSyntaxes: [JPEG_LOSSLESS] },
    ];
    const user = { maxPduBytes: 0, implementationClassUid: '' };
    const { answers, accepted } = negotiateContexts({ contexts, user }, new SopClassTable());
    expect(answers.map(({ contextId, result }) => [contextId, result])).toEqual([
      [1, 0],
      [3, 0],
      [5, 3],
      [7, 4],
      [9, 4],
    ]);
    expect(accepted.map((context) => context.transferSyntax)).toEqual([IMPLICIT_LE, JPEG_LOSSLESS]);
  });

  const COMMITMENT = '1.2.840.10008.1.20.1';
  const REPORTS = '1.2.3.4';
  const handle = () => Promise.resolve({ status: 0 });
  const classes = new SopClassTable(
    [
      { sopClassUids: [COMMITMENT], handle },
      { sopClassUids: [REPORTS], requestorRoles: ['scu', 'scp'], handle },
    ],
    ['1.2.9'],
  );

  /** By class: what the requestor asks to be, as one digit each for SCU and SCP. */
  function negotiateRoles(proposed: Record<string, string>) {
    const contexts = Object.keys(proposed).map((abstractSyntax, index) => ({
      contextId: 2 * index + 1,
      abstractSyntax,
      transferSyntaxes: [JPEG_LOSSLESS, EXPLICIT_LE],
    }));
    const userItems = Object.entries(proposed).map(([uid, roles]) =>
      userItem(
        0x54,
        Buffer.from([0, uid.length, ...Buffer.from(uid), Number(roles[0]), Number(roles[1])]),
      ),
    );
    const request = decodeAssociateRequest(associateRequestBody({ userItems }));
    expect(request.user.roles).toHaveLength(contexts.length);
    return negotiateContexts({ contexts, user: request.user }, classes);
  }

  test('roles are agreed for each class, and a class without any is refused', () => {
    const { answers, accepted, roles } = negotiateRoles({
      [COMMITMENT]: '11',
      [REPORTS]: '01',
      [CT_IMAGE]: '01',
      '1.2.9': '10',
      '1.2.10': '10',
    });
    expect(answers.map(({ result }) => result)).toEqual([0, 0, 1, 0, 3]);
    expect(roles).toEqual([
      { sopClassUid: COMMITMENT, scu: true, scp: false },
      { sopClassUid: REPORTS, scu: false, scp: true },
      { sopClassUid: '1.2.9', scu: true, scp: false },
    ]);
    // What is not stored is read by a service, in a syntax that is not compressed.
    expect(accepted.map(({ transferSyntax }) => transferSyntax)).toEqual([
      EXPLICIT_LE,
      EXPLICIT_LE,
      JPEG_LOSSLESS,
    ]);
  });

  test('roles and user identity are encoded as they are decoded', () => {
    const user = {
      maxPduBytes: 16_384,
      implementationClassUid: '2.25.7',
      roles: [{ sopClassUid: COMMITMENT, scu: false, scp: true }],
      userIdentity: {
        type: 2,
        positiveResponseRequested: true,
        primary: Buffer.from('name'),
        secondary: Buffer.from('passcode'),
      },
      userIdentityResponse: Buffer.from('answer'),
    };
    const contexts = [
      { contextId: 1, abstractSyntax: COMMITMENT, transferSyntaxes: [IMPLICIT_LE] },
    ];
    const request = encodeAssociateRequest({ calledAe: 'A', callingAe: 'B', contexts, user });
    expect(decodeAssociateRequest(request.subarray(6)).user).toEqual(user);
    // The bytes of PS3.7 tables D.3-9 and D.3-14.
    const hex = (text: string): string => Buffer.from(text).toString('hex');
    expect(request.toString('hex')).toContain(`540000180014${hex(COMMITMENT)}0001`);
    expect(request.toString('hex')).toContain(
      `5800001202010004${hex('name')}0008${hex('passcode')}`,
    );
  });

  test('a class that two services claim, or that is stored anyway, is a fault', () => {
    const service = (uid: string) => ({ sopClassUids: [uid], handle });
    for (const uids of [[COMMITMENT, COMMITMENT], [CT_IMAGE], [VERIFICATION], ['1.2.9']]) {
      expect(() => new SopClassTable(uids.map(service), ['1.2.9'])).toThrowError(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
    }
    expect(() => new SopClassTable([], ['1.2/..'])).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });
});
