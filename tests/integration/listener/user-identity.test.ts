import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { encodePart10Header } from '#dicom/part10/encode-header.ts';
import { hashPassword } from '#platform/passwords/passwords.ts';
import { associateRequest, BytePeer, pdu, userItem } from '#tests/support/byte-peer.ts';
import { CT_CLASS, sampleDataSets } from '#tests/support/data-set-samples.ts';
import { run } from '#tests/support/dcmtk.ts';
import { missingPeer } from '#tests/support/peers.ts';
import { expectAlive, startTestListener, type TestListener } from '#tests/support/test-listener.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const EXPLICIT_LE = '1.2.840.10008.1.2.1';
const PASSCODE = 'open sesame';

let folder: string;
let object: string;
let token: string;
let door: TestListener;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'radtriage-identity-'));
  object = join(folder, 'object.dcm');
  token = join(folder, 'token');
  const sample = sampleDataSets('1.2.3').find((s) => s.transferSyntaxUid === EXPLICIT_LE);
  const meta = { sopClassUid: CT_CLASS, sopInstanceUid: '1.2.3', transferSyntaxUid: EXPLICIT_LE };
  const bytes = sample?.bytes ?? Buffer.alloc(0);
  await writeFile(object, Buffer.concat([encodePart10Header(meta), bytes]));
  await writeFile(token, 'secret.token.value');
  door = await startTestListener({
    dicom: {
      peers: [
        {
          aeTitle: 'CT1',
          userIdentity: { username: 'scanner', passcodeHash: await hashPassword(PASSCODE) },
        },
        { aeTitle: 'CT2', userIdentity: { username: 'scanner' } },
        { aeTitle: 'BYTEPEER' },
      ],
    },
  });
});
afterAll(async () => {
  await door.listener.close({ graceMs: 0 });
  await rm(folder, { recursive: true });
});
afterEach(() => {
  door.events.length = 0;
  door.receiver.kept.length = 0;
});

describe.skipIf(missingPeer('storescu'))('user identity of storescu', () => {
  const RIGHT = ['-usr', 'scanner', '-pwd', PASSCODE];

  test.each([
    ['CT1', RIGHT, true],
    ['CT1', [...RIGHT, '-rsp'], true],
    ['CT1', [], false],
    ['CT1', ['-usr', 'scanner'], false],
    ['CT1', ['-usr', 'scanner', '-epw'], false],
    ['CT1', ['-usr', 'scanner', '-pwd', 'open barley'], false],
    ['CT1', ['-usr', 'other', '-pwd', PASSCODE], false],
    ['CT1', ['--jwt', 'TOKEN'], false],
    ['CT1', ['--saml', 'TOKEN'], false],
    ['CT1', ['-kt', 'TOKEN'], false],
    ['CT2', ['-usr', 'scanner', '-rsp'], true],
    ['CT2', ['-usr', 'other'], false],
    // Nobody asks BYTEPEER; what it says is not confirmed, and storescu -rsp gives up by itself.
    ['BYTEPEER', ['-usr', 'anybody'], true],
    ['BYTEPEER', ['--jwt', 'TOKEN'], true],
  ])('%s %o: accepted %s', async (aeTitle, identity, accepted) => {
    const { code, output } = await run('storescu', [
      ...['-aet', aeTitle, '-aec', 'RADTRIAGE', '-xe'],
      ...identity.map((option) => (option === 'TOKEN' ? token : option)),
      ...['127.0.0.1', String(door.port), object],
    ]);
    expect([output, code === 0]).toEqual([output, accepted]);
    expect(door.receiver.kept).toHaveLength(accepted ? 1 : 0);
    const told = door.events.find(({ type }) => type.startsWith('association-'));
    if (accepted) {
      expect(told).toMatchObject({ type: 'association-accepted', callingAe: aeTitle });
      expect(told).toHaveProperty('tls', false);
      if (aeTitle !== 'BYTEPEER') expect(told).toMatchObject({ identified: true });
    } else {
      expect(output).toMatch(/Rejected|rejected/);
      expect(told).toMatchObject({
        type: 'association-rejected',
        cause: 'identity',
        callingAe: aeTitle,
        peerAddress: '127.0.0.1',
        rejection: { result: 1, source: 2, reason: 1 },
      });
    }
    expect(JSON.stringify(door.events)).not.toMatch(/sesame|barley|secret|other/);
  });
});

describe('a peer made of bytes', () => {
  const identity = (type: number, response: number, fields: string[]): Buffer =>
    userItem(
      0x58,
      Buffer.concat([
        Buffer.from([type, response]),
        ...fields.flatMap((field) => [
          Buffer.from([field.length >> 8, field.length & 0xff]),
          Buffer.from(field),
        ]),
      ]),
    );
  const ask = async (callingAe: string, item: Buffer): Promise<BytePeer> => {
    const peer = await BytePeer.connect(door.port);
    peer.send(associateRequest({ callingAe, userItems: [item] }));
    return peer;
  };

  test('gets a positive response where it asks for one and was checked, and only there', async () => {
    const confirmation = userItem(0x59, Buffer.from([0, 0]));
    const cases: [string, number, boolean][] = [
      ['CT1', 1, true],
      ['CT1', 0, false],
      ['BYTEPEER', 1, false],
    ];
    for (const [callingAe, response, confirmed] of cases) {
      const peer = await ask(callingAe, identity(2, response, ['scanner', PASSCODE]));
      const { type, body } = await peer.nextPdu('an answer');
      expect(type).toBe(2);
      expect(body.includes(confirmation)).toBe(confirmed);
      await peer.release();
    }
  });

  test('that talks on, or leaves, while it is being judged harms nobody', async () => {
    const hasty = await ask('CT1', identity(2, 1, ['scanner', 'wrong once']));
    hasty.echo();
    expect((await hasty.ending()).abort).toBeDefined();
    const gone = await ask('CT1', identity(2, 1, ['scanner', 'wrong twice']));
    gone.destroy();
    const sorry = await ask('CT1', identity(2, 1, ['scanner', 'wrong thrice']));
    sorry.send(pdu(7, Buffer.alloc(4)));
    // Answers come in turn: when this one is there, those before have been judged.
    const last = await ask('CT1', identity(2, 1, ['scanner', 'wrong again']));
    expect((await last.nextPdu('a rejection')).type).toBe(3);
    await waitFor(() => sorry.closed, { what: 'the aborted one to be closed' });
    await expectAlive(door.port);
    expect(door.events.filter(({ type }) => type === 'association-rejected')).toHaveLength(1);
  });

  test.each([
    ['no fields', Buffer.from([2, 1])],
    ['a field beyond its end', Buffer.from([2, 1, 0, 9, 65])],
    ['nothing at all', Buffer.alloc(0)],
  ])('whose identity has %s is aborted', async (_, body) => {
    const peer = await ask('CT1', userItem(0x58, body));
    expect((await peer.ending()).abort).toBeDefined();
    await expectAlive(door.port);
  });
});

describe('SOP classes that a site lists', () => {
  const PRIVATE = '1.3.12.2.1107.5.9.1';

  test('a private storage class is taken where it is listed, and refused elsewhere', async () => {
    const listed = await startTestListener({ dicom: { moreStorageClasses: [PRIVATE] } });
    const results: number[] = [];
    for (const port of [door.port, listed.port]) {
      const peer = await BytePeer.connect(port);
      peer.send(associateRequest({ contexts: { 1: [PRIVATE, EXPLICIT_LE] } }));
      const { body } = await peer.nextPdu('an answer');
      // The first item after the application context: type, reserved, length, id, reserved, result.
      const at = body.indexOf(0x21, 68 + 4 + 21);
      results.push(body.readUInt8(at + 6));
      await peer.release();
    }
    expect(results).toEqual([3, 0]);
    await listed.listener.close();
  });
});
