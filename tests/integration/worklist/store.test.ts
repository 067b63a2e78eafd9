import { readdirSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import type { InstanceReceiver } from '#intake/types.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { startTestIntake, type TestIntake, unpack } from '#tests/support/intake.ts';
import {
  postStow,
  readStowAnswer,
  type StowRequest,
  stowBody,
  stowPart,
} from '#tests/support/stow.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { startTestWeb } from '#tests/support/web-server.ts';
import { createAccount } from '#worklist/accounts/accounts.ts';
import { createToken } from '#worklist/accounts/tokens.ts';
import type { Web } from '#worklist/start-web.ts';

const SENDER = 'GATEWAY';
const CUT = Buffer.from('\r\n');

describe('STOW-RS', () => {
  const directory = temporaryDirectory();
  const tokens = new Map<string, string>();
  let intake: TestIntake;
  let web: Web;
  let count = 0;
  /** Asked before each instance is opened; may throw in the receiver's stead. */
  let before: () => void | Promise<void> = () => undefined;

  const image = (seed: string, instanceNumber = 1, rows = 16) =>
    minimalImage({ modality: 'CT', seed: `stow-${seed}`, instanceNumber, rows, columns: rows });
  const post = (over: Partial<StowRequest> & { path?: string }, boundary?: string) => {
    const { path = '/dicomweb/studies', body = Buffer.alloc(0), ...rest } = over;
    const token = tokens.get('service') ?? '';
    return postStow({ url: `${web.url}${path}`, token, body, ...rest }, boundary);
  };
  const store = async (files: readonly Buffer[], over: Parameters<typeof post>[0] = {}) => {
    const answer = await post({ body: stowBody('BOUNDARY', files), ...over });
    return { status: answer.status, headers: answer.headers, ...readStowAnswer(answer) };
  };
  const rowsOf = (sopInstanceUid: string) =>
    intake.db.database
      .selectFrom('instance')
      .selectAll()
      .where('sopInstanceUid', '=', sopInstanceUid)
      .execute();
  const halfFiles = () => readdirSync(join(intake.blobDirectory, 'incoming'));

  beforeAll(async () => {
    intake = await startTestIntake({
      overrides: {
        dicom: { maxObjectBytes: 100_000, peers: [{ aeTitle: SENDER, site: 'North Clinic' }] },
        assembly: { quietSeconds: 3600 },
      },
    });
    const receiver: InstanceReceiver = {
      open: async (instance) => {
        count += 1;
        await before();
        return intake.receiver.open(instance);
      },
    };
    const { database } = intake.db;
    web = await startTestWeb(
      { database, databaseUrl: intake.db.url, directory: directory.path },
      { stow: { maxRequests: 2, stallSeconds: 1 } },
      { receiver, blobStore: intake.blobStore },
    );
    for (const role of ['service', 'radiologist', 'admin', 'qa'] as const) {
      const name = role === 'service' ? SENDER : role;
      tokens.set(role, await createToken(database, { name, roles: [role] }));
    }
  });
  afterAll(async () => {
    await web.close();
    await intake.stop();
    directory.remove();
  });

  describe('stores', () => {
    it('every part as it came behind a clean header, and says where each is', async () => {
      const [one, two] = [image('a', 1), image('a', 2)];
      const hidden = Buffer.from(one.bytes);
      hidden.write('MZ this is a program', 0, 'latin1');
      const answer = await store([hidden, two.bytes]);
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toMatch(/^application\/dicom\+json/);
      expect(answer.tags).toEqual(['00081190', '00081199']);
      const base = `${web.url}/dicomweb/studies/${one.studyInstanceUid}`;
      expect(answer.studyUrl).toBe(base);
      const urlOf = (uid: string) => `${base}/series/${one.seriesInstanceUid}/instances/${uid}`;
      expect(answer.stored.map(({ url }) => url).sort()).toEqual(
        [urlOf(one.sopInstanceUid), urlOf(two.sopInstanceUid)].sort(),
      );
      const [row] = await rowsOf(one.sopInstanceUid);
      expect(row).toMatchObject({ callingAe: SENDER, kind: 'image', standing: 'current' });
      const kept = await intake.blobStore.readBlob(row?.blobPath ?? '');
      expect(kept.subarray(0, 128).equals(Buffer.alloc(128))).toBe(true);
      expect(kept.subarray(row?.dataSetOffset).equals(unpack(one.bytes).dataSet)).toBe(true);
      const study = await intake.db.database
        .selectFrom('study')
        .select(['site', 'imageCount'])
        .where('studyInstanceUid', '=', one.studyInstanceUid)
        .executeTakeFirst();
      expect(study).toEqual({ site: 'North Clinic', imageCount: 2 });
      const [entry] = await intake.db.database
        .selectFrom('auditLog')
        .selectAll()
        .where('action', '=', 'instances.stored')
        .where('studyInstanceUid', '=', one.studyInstanceUid)
        .execute();
      expect(entry).toMatchObject({ actor: `token:${SENDER}`, details: { stored: 2, failed: 0 } });
      const reader = { authorization: `Bearer ${tokens.get('radiologist')}` };
      const back = await fetch(urlOf(one.sopInstanceUid), {
        headers: { ...reader, accept: 'application/dicom' },
      });
      expect(Buffer.from(await back.arrayBuffer()).equals(kept)).toBe(true);
    });

    it('what was stored before once more, as stored', async () => {
      const one = image('twice');
      await store([one.bytes]);
      const again = await store([one.bytes, one.bytes]);
      expect(again.status).toBe(200);
      expect(again.stored.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual([
        one.sopInstanceUid,
        one.sopInstanceUid,
      ]);
      expect(await rowsOf(one.sopInstanceUid)).toHaveLength(1);
    });

    it('another content under the same UID beside it, with a warning', async () => {
      const options = { modality: 'CT', seed: 'stow-conflict' } as const;
      const other = minimalImage({ ...options, rows: 8, attributes: { PatientName: 'Other^One' } });
      await store([minimalImage(options).bytes]);
      const answer = await store([other.bytes]);
      expect(answer.status).toBe(202);
      expect(answer.stored).toMatchObject([
        { sopInstanceUid: other.sopInstanceUid, warning: 0xb00e },
      ]);
      expect(answer.failed).toEqual([]);
    });

    it('into the study that the address names, and nothing else into it', async () => {
      const [mine, other] = [image('mine'), image('other')];
      const path = `/dicomweb/studies/${mine.studyInstanceUid}`;
      const answer = await store([mine.bytes, other.bytes], { path });
      expect(answer.status).toBe(202);
      expect(answer.stored).toMatchObject([{ sopInstanceUid: mine.sopInstanceUid }]);
      expect(answer.failed).toMatchObject([
        { sopInstanceUid: other.sopInstanceUid, reason: 0xc409 },
      ]);
      expect(await rowsOf(other.sopInstanceUid)).toEqual([]);
      expect((await store([other.bytes], { path })).status).toBe(409);
    });

    it('a body in chunked encoding, in pieces of any size, with any boundary', async () => {
      const boundary = "a b'()+_,-./:=?z";
      const files = [image('pieces', 1), image('pieces', 2), image('pieces', 3)];
      const body = stowBody(
        boundary,
        files.map(({ bytes }) => bytes),
      );
      const pieces = [1, 2, 3, 70, 500, 1, 1, 900, 4096];
      let at = 0;
      const stream = Readable.from(
        (function* () {
          for (let turn = 0; at < body.length; turn += 1) {
            const piece = body.subarray(at, at + (pieces[turn % pieces.length] ?? 1));
            at += piece.length;
            yield piece;
          }
        })(),
        { objectMode: false },
      );
      const type = `Multipart/Related; TYPE=application/dicom; boundary="${boundary}"`;
      const answer = await post({ body: stream, headers: { 'content-type': type } }, boundary);
      expect([answer.status, readStowAnswer(answer).stored.length]).toEqual([200, 3]);
    });

    it('parts that name their transfer syntax, when they name the right one', async () => {
      const good = stowBody(
        'BOUNDARY',
        [image('syntax').bytes],
        'application/dicom; transfer-syntax=1.2.840.10008.1.2.1',
      );
      expect((await post({ body: good })).status).toBe(200);
      const wrong = stowBody(
        'BOUNDARY',
        [image('syntax', 2).bytes],
        'application/dicom;transfer-syntax=1.2.840.10008.1.2',
      );
      const answer = await post({ body: wrong });
      expect([answer.status, readStowAnswer(answer).failed]).toMatchObject([
        409,
        [{ reason: 0xc122 }],
      ]);
    });
  });

  describe('says of each part why it was not stored', () => {
    const altered = (seed: string, change: (bytes: Buffer) => void) => {
      const bytes = Buffer.from(image(seed).bytes);
      change(bytes);
      return bytes;
    };
    const swap = (from: string, to: string) => (bytes: Buffer) => {
      bytes.write(to.padEnd(from.length, '\0'), bytes.indexOf(from), 'latin1');
    };
    const cases: [what: string, reason: number, named: boolean, file: () => Buffer][] = [
      ['that is no DICOM file', 0xc000, false, () => Buffer.alloc(1000, 7)],
      ['that is empty', 0xc000, false, () => Buffer.alloc(0)],
      ['that is cut short', 0xc001, true, () => image('cut').bytes.subarray(0, -40)],
      [
        'that is cut within its file meta',
        0xc001,
        false,
        () => image('cut').bytes.subarray(0, 200),
      ],
      ['that is larger than allowed', 0xa700, true, () => image('large', 1, 400).bytes],
      [
        'of a class that is not stored',
        0x0122,
        true,
        () => altered('class', swap('1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.1.3.10')),
      ],
      [
        'in an unknown transfer syntax',
        0xc122,
        true,
        () => altered('unknown', swap('1.2.840.10008.1.2.1', '1.2.840.99')),
      ],
      [
        'whose data set names another instance',
        0xa900,
        true,
        () => {
          const bytes = Buffer.from(image('uid').bytes);
          const uid = image('uid').sopInstanceUid;
          bytes.write(`9${uid.slice(1)}`, bytes.lastIndexOf(uid), 'latin1');
          return bytes;
        },
      ],
    ];
    it.each(cases)('%s', async (what, reason, named, file) => {
      const good = image(`beside ${what}`);
      const alone = await store([file()]);
      expect(alone.status).toBe(what.includes('larger') ? 413 : 409);
      const mixed = await store([file(), good.bytes, file()]);
      expect(mixed.status).toBe(202);
      expect(mixed.stored).toMatchObject([{ sopInstanceUid: good.sopInstanceUid }]);
      expect((named ? mixed.failed : mixed.other).map((each) => each.reason)).toEqual([
        reason,
        reason,
      ]);
      expect(halfFiles()).toEqual([]);
    });

    it('of another type, nested multipart too, without reading into it', async () => {
      const inner = stowBody('INNER', [image('nested').bytes]);
      const good = image('beside nested');
      const body = Buffer.concat([
        stowPart('BOUNDARY', 'multipart/related; boundary=INNER; type="application/dicom"'),
        inner,
        CUT,
        stowPart('BOUNDARY', 'application/dicom+json'),
        Buffer.from('[]\r\n'),
        stowBody('BOUNDARY', [good.bytes]),
      ]);
      const answer = await post({ body });
      expect(answer.status).toBe(202);
      const { stored, other } = readStowAnswer(answer);
      expect(stored).toMatchObject([{ sopInstanceUid: good.sopInstanceUid }]);
      expect(other.map(({ reason }) => reason)).toEqual([0xc000, 0xc000]);
      expect(await rowsOf(image('nested').sopInstanceUid)).toEqual([]);
    });

    it('and asks to come again when that can help', async () => {
      before = () => {
        throw new RadTriageError('STORAGE_FULL', 'the disk is full');
      };
      try {
        const answer = await store([image('full').bytes]);
        expect(answer.status).toBe(503);
        expect(answer.headers['retry-after']).toBe('30');
        expect(answer.failed).toMatchObject([{ reason: 0xa700 }]);
      } finally {
        before = () => undefined;
      }
    });
  });

  describe('refuses a request', () => {
    const body = () => stowBody('BOUNDARY', [image('refused').bytes]);
    const type = (text: string) => ({ 'content-type': text });
    const cases: [string, number, () => Partial<StowRequest> & { path?: string }][] = [
      [
        'without a boundary',
        400,
        () => ({ headers: type('multipart/related; type="application/dicom"') }),
      ],
      [
        'with a boundary that is too long',
        400,
        () => ({ headers: type(`multipart/related; boundary=${'b'.repeat(201)}`) }),
      ],
      [
        'whose boundary is nowhere',
        400,
        () => ({ headers: type('multipart/related; boundary=OTHER') }),
      ],
      ['that is empty', 400, () => ({ body: Buffer.alloc(0) })],
      ['of no parts', 400, () => ({ body: Buffer.from('--BOUNDARY--\r\n') })],
      [
        'with line feeds alone',
        400,
        () => ({ body: Buffer.from(body().toString('latin1').replaceAll('\r\n', '\n'), 'latin1') }),
      ],
      ['whose last boundary is missing', 400, () => ({ body: body().subarray(0, -16) })],
      [
        'with giant part headers',
        400,
        () => ({ body: Buffer.from(`--BOUNDARY\r\nX: ${'y'.repeat(1e6)}`) }),
      ],
      ['to a study that is no UID', 400, () => ({ path: '/dicomweb/studies/..%2f..%2fetc' })],
      [
        'of metadata with bulk data',
        415,
        () => ({
          headers: type('multipart/related; type="application/dicom+json"; boundary=BOUNDARY'),
        }),
      ],
      [
        'of XML metadata',
        415,
        () => ({
          headers: type('multipart/related; type="application/dicom+xml"; boundary=BOUNDARY'),
        }),
      ],
      ['that is not multipart', 415, () => ({ headers: type('application/dicom') })],
      ['of JSON', 415, () => ({ headers: type('application/json'), body: Buffer.from('{}') })],
      ['without a type', 415, () => ({ headers: { 'content-type': undefined } })],
      ['that is compressed', 415, () => ({ headers: { 'content-encoding': 'gzip' } })],
      ['for an answer in XML', 406, () => ({ headers: { accept: 'application/dicom+xml' } })],
      ['without a token', 401, () => ({ headers: { authorization: undefined } })],
      ['with a wrong token', 401, () => ({ token: 'rt_wrong' })],
      ['of a radiologist', 403, () => ({ token: tokens.get('radiologist') ?? '' })],
      ['of an administrator', 403, () => ({ token: tokens.get('admin') ?? '' })],
    ];
    it.each(cases)('%s: %i', async (_what, status, over) => {
      const opened = count;
      const answer = await post({ body: body(), ...over() });
      expect([answer.status, answer.text]).toEqual([status, expect.stringContaining('"code"')]);
      if (!_what.includes('missing')) expect(count).toBe(opened);
      expect(await rowsOf(image('refused').sopInstanceUid)).toEqual([]);
      expect(halfFiles()).toEqual([]);
    });

    it('and reads the rest of it, so that the connection goes on', async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const giant = Buffer.from(`--BOUNDARY\r\nX: ${'y'.repeat(8e6)}`);
      expect((await post({ body: giant, agent })).status).toBe(400);
      const next = await post({ body: stowBody('BOUNDARY', [image('next').bytes]), agent });
      expect(next.status).toBe(200);
      agent.destroy();
    });

    it('of a log-in, with the right origin too', async () => {
      const { database } = intake.db;
      const account = { username: 'sam', password: 'correct horse battery', roles: ['service'] };
      await createAccount(database, account);
      const logIn = await fetch(`${web.url}/api/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: account.username, password: account.password }),
      });
      const cookie = logIn.headers.getSetCookie()[0]?.split(';')[0] ?? '';
      const headers = { authorization: undefined, cookie, origin: web.url };
      expect((await post({ body: body(), headers })).status).toBe(403);
    });

    it('beyond those that it takes in at once', async () => {
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      before = () => held;
      const opened = count;
      const running = [1, 2].map((n) => store([image('busy', n).bytes]));
      await waitFor(() => count === opened + 2, { what: 'both to be taken in' });
      const answer = await post({ body: body() });
      expect(answer.status).toBe(429);
      expect(answer.headers['retry-after']).toBe('30');
      before = () => undefined;
      release();
      for (const each of running) expect((await each).status).toBe(200);
    });
  });

  describe('keeps what was complete', () => {
    /** A request that stops after some bytes of its body. */
    const half = (bytes: Buffer) => {
      const { port, hostname } = new URL(web.url);
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      const head = [
        'POST /dicomweb/studies HTTP/1.1',
        `Host: ${hostname}:${port}`,
        `Authorization: Bearer ${tokens.get('service')}`,
        'Content-Type: multipart/related; type="application/dicom"; boundary=BOUNDARY',
        `Content-Length: ${bytes.length + 1000}`,
      ];
      socket.write(`${head.join('\r\n')}\r\n\r\n`);
      socket.write(bytes);
      return socket;
    };
    const halfBody = (seed: string) => {
      const files = [image(seed, 1).bytes, image(seed, 2).bytes, image(seed, 3, 200).bytes];
      const body = stowBody('BOUNDARY', files);
      return body.subarray(0, body.length - 20_000);
    };
    const untilTold = async (seed: string) => {
      const uids = [1, 2, 3].map((n) => image(seed, n, n === 3 ? 200 : 16).sopInstanceUid);
      await waitFor(
        async () => {
          const entries = await intake.db.database
            .selectFrom('auditLog')
            .select('details')
            .where('action', '=', 'instances.stored')
            .where('studyInstanceUid', '=', image(seed).studyInstanceUid)
            .execute();
          return entries.length === 1;
        },
        { what: 'the request to be over' },
      );
      const rows = await Promise.all(uids.map((uid) => rowsOf(uid)));
      expect(rows.map((each) => each.length)).toEqual([1, 1, 0]);
      expect(halfFiles()).toEqual([]);
    };

    it('when the sender goes away half way', async () => {
      const opened = count;
      const socket = half(halfBody('gone'));
      await waitFor(() => count === opened + 3, { what: 'the third part to begin' });
      socket.destroy();
      await untilTold('gone');
    });

    it('when the sender falls silent', async () => {
      const socket = half(halfBody('silent'));
      await new Promise((resolve) => socket.once('close', resolve));
      await untilTold('silent');
    });

    it('when the body goes wrong half way, and says so', async () => {
      const files = [image('wrong', 1).bytes, image('wrong', 2).bytes];
      const whole = stowBody('BOUNDARY', files);
      const answer = await post({ body: whole.subarray(0, -30) });
      expect(answer.status).toBe(202);
      const { stored, failed } = readStowAnswer(answer);
      expect(stored).toMatchObject([{ sopInstanceUid: image('wrong', 1).sopInstanceUid }]);
      expect(failed).toMatchObject([
        { sopInstanceUid: image('wrong', 2).sopInstanceUid, reason: 0xc000 },
      ]);
    });
  });
});
