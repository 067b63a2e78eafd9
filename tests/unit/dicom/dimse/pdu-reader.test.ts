import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeAbort, encodeDataHeader, encodeRejection } from '#dicom/dimse/pdu-codec.ts';
import { PduReader } from '#dicom/dimse/pdu-reader.ts';
import { associateRequest, dataPdus, pdu, pdv } from '#tests/support/byte-peer.ts';
import { propertyRun } from '#tests/support/property-run.ts';

const LIMITS = { maxPduBytes: 16_384, maxAssociateBytes: 4096 };

/** Reads chunks and gives what was found; fragments of one presentation data value are joined. */
async function read(chunks: readonly Uint8Array[], { slow = false } = {}): Promise<string[]> {
  const found: string[] = [];
  let parts: Buffer[] = [];
  const reader = new PduReader(
    {
      takePdu: (type, body) => found.push(`pdu ${type} ${body.toString('hex')}`),
      takeDataStart: () => found.push('data'),
      takeFragment: ({ contextId, control, bytes, end }) => {
        parts.push(Buffer.from(bytes));
        if (end) {
          found.push(`pdv ${contextId} ${control} ${Buffer.concat(parts).toString('hex')}`);
          parts = [];
        }
        return slow ? Promise.resolve() : undefined;
      },
      takeFault: ({ source, reason }) => found.push(`fault ${source} ${reason}`),
    },
    LIMITS,
  );
  for (const chunk of chunks) await reader.push(Buffer.from(chunk));
  return found;
}

describe('the reader of PDUs', () => {
  const stream = Buffer.concat([
    associateRequest(),
    dataPdus(Buffer.from('command'), { contextId: 1, command: true }),
    pdu(
      0x04,
      Buffer.concat([
        pdv(Buffer.from('first'), { contextId: 3, last: false }),
        pdv(Buffer.alloc(0), { contextId: 3, last: false }),
        pdv(Buffer.from('second'), { contextId: 3 }),
      ]),
    ),
    pdu(0x05, Buffer.alloc(4)),
  ]);

  test('finds the same in a stream however it is cut into chunks', async () => {
    const whole = await read([stream]);
    expect(whole.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'pdu 1',
      'data',
      'pdv 1',
      'data',
      'pdv 3',
      'pdv 3',
      'pdv 3',
      'pdu 5',
    ]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 60 }),
        fc.boolean(),
        async (sizes, slow) => {
          const chunks: Buffer[] = [];
          let offset = 0;
          for (const size of [...sizes, stream.length]) {
            chunks.push(stream.subarray(offset, offset + size));
            offset += size;
          }
          expect(await read(chunks, { slow })).toEqual(whole);
        },
      ),
      propertyRun({ numRuns: 300 }),
    );
  });

  test.each([
    ['an unknown type', Buffer.from('GET / HTTP/1.1\r\n'), 'fault 2 1'],
    ['a giant A-ASSOCIATE-RQ', pdu(1, Buffer.alloc(8), 0xffff_ffff), 'fault 2 6'],
    ['an A-ASSOCIATE-RQ one byte too long', pdu(1, Buffer.alloc(8), 4097), 'fault 2 6'],
    ['a giant P-DATA-TF', pdu(4, Buffer.alloc(8), 0x8000_0000), 'fault 2 6'],
    ['a P-DATA-TF one byte too long', pdu(4, Buffer.alloc(8), 16_385), 'fault 2 6'],
    ['an empty P-DATA-TF', pdu(4, Buffer.alloc(0)), 'fault 2 6'],
    ['an A-RELEASE-RQ of another length', pdu(5, Buffer.alloc(6)), 'fault 2 6'],
  ])('%s is a fault', async (_, bytes, fault) => {
    expect(await read([bytes])).toEqual([fault]);
  });

  test.each([
    ['beyond the PDU', pdv(Buffer.alloc(4), { contextId: 1, claimedLength: 7 })],
    ['shorter than its own header', pdv(Buffer.alloc(4), { contextId: 1, claimedLength: 1 })],
    ['that leaves bytes over', pdv(Buffer.alloc(4), { contextId: 1, claimedLength: 4 })],
    ['of four gigabytes', pdv(Buffer.alloc(4), { contextId: 1, claimedLength: 0xffff_ffff })],
  ])('a presentation data value %s is a fault', async (_, bytes) => {
    expect(await read([pdu(4, bytes)])).toEqual(['data', 'fault 2 6']);
  });

  test('empty values without end are a fault, a few and an empty last one are not', async () => {
    const empty = pdv(Buffer.alloc(0), { contextId: 1, last: false });
    const flood = Buffer.concat(Array.from({ length: 17 }, () => pdu(4, empty)));
    expect((await read([flood])).at(-1)).toBe('fault 2 6');
    const few = Buffer.concat([
      ...Array.from({ length: 16 }, () => pdu(4, empty)),
      stream.subarray(-10),
    ]);
    expect((await read([few])).at(-1)).toMatch(/^pdu 5/);
    const lasts = Array.from({ length: 40 }, () => pdu(4, pdv(Buffer.alloc(0), { contextId: 1 })));
    expect((await read([Buffer.concat(lasts)])).at(-1)).toBe('pdv 1 2 ');
  });

  test('a taker that always lets it wait costs one copy of a chunk, not one for each fragment', async () => {
    const fragment = pdu(4, pdv(Buffer.of(1), { contextId: 1, last: false }));
    const chunk = Buffer.concat(Array.from({ length: 20_000 }, () => fragment));
    const started = performance.now();
    expect(await read([chunk], { slow: true })).toHaveLength(40_000);
    // Twenty thousand copies of a quarter of a megabyte take seconds.
    expect(performance.now() - started).toBeLessThan(1_500);
  });

  test('what waits is no longer in the chunk, which is overwritten', async () => {
    const whole = await read([stream]);
    const found: string[] = [];
    const reader = new PduReader(
      {
        takePdu: (type, body) => found.push(`pdu ${type} ${body.toString('hex')}`),
        takeDataStart: () => found.push('data'),
        takeFragment: async ({ contextId, control, bytes }) => {
          found.push(`pdv ${contextId} ${control} ${bytes.toString('hex')}`);
        },
        takeFault: (_, what) => found.push(what),
      },
      LIMITS,
    );
    const chunk = Buffer.from(stream);
    const reading = reader.push(chunk);
    chunk.fill(0xff);
    await reading;
    expect(found).toEqual(whole);
  });

  test('a long body takes no more memory than has come in', async () => {
    const limits = { maxPduBytes: 16_384, maxAssociateBytes: 64 * 1024 * 1024 };
    const before = process.memoryUsage().arrayBuffers;
    const taker = {
      takePdu: () => undefined,
      takeDataStart: () => undefined,
      takeFragment: () => undefined,
      takeFault: () => undefined,
    };
    const readers = Array.from({ length: 50 }, () => new PduReader(taker, limits));
    for (const reader of readers) {
      await reader.push(pdu(1, Buffer.alloc(10), 64 * 1024 * 1024));
      expect(reader.midPdu).toBe(true);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  });

  test('nothing is taken after a fault', async () => {
    expect(await read([Buffer.concat([pdu(9, Buffer.alloc(2)), stream])])).toEqual(['fault 2 1']);
  });

  test('readers that are kept busy let everything else have its turn', async () => {
    const fragment = pdu(4, pdv(Buffer.of(1), { contextId: 1, last: false }));
    const chunk = Buffer.concat(Array.from({ length: 20_000 }, () => fragment));
    // Processor time, not the clock's: what a busy machine gives to others says nothing of the readers.
    const spent = (): number => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    };
    let longest = 0;
    let last = spent();
    const tick = setInterval(() => {
      longest = Math.max(longest, spent() - last);
      last = spent();
    }, 1);
    const work = (): void => {
      for (const until = performance.now() + 0.01; performance.now() < until; );
    };
    const reading = Array.from({ length: 10 }, () =>
      new PduReader(
        {
          takePdu: () => undefined,
          takeDataStart: () => undefined,
          takeFragment: () => {
            work();
            return undefined;
          },
          takeFault: () => undefined,
        },
        LIMITS,
      ).push(chunk),
    );
    // 200,000 fragments of 10 microseconds: two seconds, of which nobody else must wait more than a small part.
    await Promise.all(reading);
    clearInterval(tick);
    expect(longest).toBeGreaterThan(0);
    expect(longest).toBeLessThan(500);
  });

  test('random bytes never crash it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        await read([bytes]);
      }),
      propertyRun({ numRuns: 1000 }),
    );
  });
});

describe('the writer of PDUs', () => {
  test('writes what PS3.8 9.3 lays down', () => {
    expect(encodeAbort({ source: 2, reason: 6 }).toString('hex')).toBe('07000000000400000206');
    expect(encodeRejection({ result: 1, source: 1, reason: 7 }).toString('hex')).toBe(
      '03000000000400010107',
    );
    const bytes = Buffer.from('abcdef');
    expect(Buffer.concat([encodeDataHeader(3, 2, bytes.length), bytes])).toEqual(
      dataPdus(bytes, { contextId: 3 }),
    );
  });
});
