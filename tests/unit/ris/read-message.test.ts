import { describe, expect, it } from 'vitest';
import { buildAnswer } from '#ris/hl7/acknowledge.ts';
import { decodeText } from '#ris/hl7/decode-text.ts';
import { MessageFault } from '#ris/hl7/message-fault.ts';
import { readMessage } from '#ris/hl7/read-message.ts';

function faultOf(work: () => unknown): MessageFault {
  try {
    work();
  } catch (error) {
    if (error instanceof MessageFault) return error;
    throw error;
  }
  throw new Error('it was taken');
}

describe('an HL7 v2 message', () => {
  it('is read by the delimiters that it names itself', () => {
    const message = readMessage('MSH$%*?@$APP\rPID$1$$9%%%A@B*8');
    const [, pid] = message.segments;
    expect(message.header.value(3)).toBe('APP');
    expect(pid?.repetitions(3)).toEqual(['9%%%A@B', '8']);
    expect(message.split('9%%%A@B', 4)).toEqual(['A', 'B']);
    expect(pid?.value(3, 4)).toBe('A');
    expect(pid?.value(40)).toBe('');
  });

  it.each([
    ['a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f', 'a|b^c&d~e\\f'],
    ['\\H\\bold\\N\\ \\.br\\x', 'bold x'],
    ['\\X41\\B', 'AB'],
    ['\\Xzz\\', ''],
    ['one\\', 'one\\'],
    ['\\', '\\'],
  ])('reads %s as %s', (written, read) => {
    expect(readMessage(`MSH|^~\\&|${written}`).header.value(3)).toBe(read);
  });

  it.each(['\r', '\n', '\r\n'])('has segments that end with %j', (end) => {
    const { segments } = readMessage(['MSH|^~\\&|A', 'PID|1', '', 'ORC|RE', ''].join(end));
    expect(segments.map(({ name }) => name)).toEqual(['MSH', 'PID', 'ORC']);
  });

  it.each([
    '',
    'PID|1',
    'MSH',
    'MSH|^~',
    'MSH|^^^^|',
    'MSH|abcd|',
    'MSH||||',
    'MSH \r',
    '{"a": 1}',
  ])('is not %j', (text) => {
    expect(faultOf(() => readMessage(text)).answer).toBe('AR');
  });

  it('has no more segments than any report', () => {
    expect(faultOf(() => readMessage(`MSH|^~\\&|A\r${'OBX|1\r'.repeat(20_001)}`)).answer).toBe(
      'AR',
    );
  });
});

describe('the characters of a message', () => {
  const message = (set: string, name: Buffer) =>
    Buffer.concat([
      Buffer.from(`MSH|^~\\&|R|H|||||||P|2.5|${'|'.repeat(5)}${set}\rPID|||1||`),
      name,
    ]);
  const nameOf = (set: string, bytes: readonly number[], senderSet = 'UNICODE UTF-8') =>
    readMessage(decodeText(message(set, Buffer.from(bytes)), senderSet)).segments[1]?.value(5);

  it.each([
    ['8859/1', [0xd6, 0x44], 'ÖD'],
    ['8859/5', [0xbf, 0xd5], 'Пе'],
    ['8859/9', [0xde], 'Ş'],
    ['UNICODE UTF-8', [0xc3, 0x96], 'Ö'],
    ['ISO IR14', [0xd4, 0xcf], 'ﾔﾏ'],
    ['~ISO IR87', [0x1b, 0x24, 0x42, 0x3b, 0x33, 0x1b, 0x28, 0x42], '山'],
    ['GB 18030-2000', [0xcd, 0xf5], '王'],
    ['KS X 1001', [0xb1, 0xe8], '김'],
    ['BIG-5', [0xa4, 0xfd], '王'],
  ])('are those of %s', (set, bytes, text) => {
    expect(nameOf(set, bytes)).toBe(text);
  });

  it('are those that the site says where the message does not', () => {
    expect(nameOf('', [0xd6], '8859/1')).toBe('Ö');
    expect(nameOf('', [0xc3, 0x96])).toBe('Ö');
  });

  it('are refused when they are none, or of a set that is not known', () => {
    expect(faultOf(() => nameOf('UNICODE UTF-8', [0xd6])).answer).toBe('AE');
    expect(faultOf(() => nameOf('', [0xd6])).answer).toBe('AE');
    for (const set of ['UNICODE UTF-16', 'EBCDIC', '8859/1~8859/5', 'ISO IR159']) {
      expect(faultOf(() => nameOf(set, [0x41])).answer).toBe('AR');
    }
  });
});

describe('an answer', () => {
  it('repeats what it answers, and nothing that would change what it says', () => {
    const to = {
      controlId: 'M1\rMSA|AA|M2',
      parties: ['RIS|X', 'HOSP', 'US', 'HERE'] as const,
      version: '2.5.1',
      processingId: 'P',
    };
    const own = { now: new Date('2026-11-27T14:02:03.4Z'), controlId: 'C1' };
    const answer = buildAnswer(to, { code: 'AE', text: 'no|pe\r' }, own).toString();
    expect(answer.split('\r')).toEqual([
      'MSH|^~\\&|US|HERE|RIS X|HOSP|20261127140203+0000||ACK|C1|P|2.5.1',
      'MSA|AE|M1 MSA AA M2|no pe ',
      'ERR|||207^Application error^HL70357|E||||no pe ',
      '',
    ]);
  });
});
