import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameReader, frame } from '#ris/hl7/frames.ts';

const LIMIT = 1_000;

function pushAll(bytes: Buffer, cuts: readonly number[]) {
  const reader = createFrameReader(LIMIT);
  const messages: string[] = [];
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let from = 0;
  let fault: string | undefined;
  for (const end of ends) {
    const read = reader.push(bytes.subarray(from, end));
    messages.push(...read.messages.map((message) => message.toString('latin1')));
    fault ??= read.fault;
    from = end;
  }
  return { messages, fault, reader };
}

describe('frames of MLLP', () => {
  it('are found wherever the network cuts them', () => {
    const text = fc.stringMatching(/^[ -~\r]{0,60}$/);
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        (sent, cuts) => {
          const bytes = Buffer.concat(sent.map((each) => frame(Buffer.from(each))));
          const { messages, fault, reader } = pushAll(bytes, cuts);
          expect(messages).toEqual(sent);
          expect(fault).toBeUndefined();
          expect(reader.isWithin).toBe(false);
        },
      ),
    );
  });

  it('never throw, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat()), (bytes, cuts) => {
        const { messages } = pushAll(Buffer.from(bytes), cuts);
        expect(messages.join('')).not.toContain('\x0b');
      }),
    );
  });

  it('may have blank lines between them, and keep a lone 0x1C', () => {
    const { messages, fault } = pushAll(Buffer.from('\x0ba\x1cb\x1c\r\r\n\x0bc\x1c\r'), []);
    expect(messages).toEqual(['a\x1cb', 'c']);
    expect(fault).toBeUndefined();
  });

  it.each([
    ['no-frame', 'MSH|^~\\&|'],
    ['no-frame', '\x0ba\x1c\rGET / HTTP/1.1'],
    ['start-within-frame', '\x0bMSH|\x0bMSH|\x1c\r'],
    ['too-large', `\x0b${'a'.repeat(LIMIT + 1)}`],
  ])('end with the fault %s', (fault, text) => {
    expect(pushAll(Buffer.from(text), [3, 7]).fault).toBe(fault);
  });

  it('keep nothing of what is too large, and take what just fits', () => {
    const reader = createFrameReader(LIMIT);
    expect(reader.push(Buffer.from('\x0b')).fault).toBeUndefined();
    const before = process.memoryUsage().arrayBuffers;
    const chunk = Buffer.alloc(64 * 1024, 'a');
    // 100 MB that never end.
    for (let sent = 0; sent < 100 * 1024 ** 2; sent += chunk.length) {
      expect(reader.push(chunk).fault).toBe('too-large');
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 ** 2);
    expect(pushAll(frame(Buffer.alloc(LIMIT, 'a')), []).messages).toHaveLength(1);
  });
});
