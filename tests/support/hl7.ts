import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { frame } from '#ris/hl7/frames.ts';

export interface OruOptions {
  readonly accession?: string;
  readonly controlId?: string;
  readonly status?: string;
  /** PID-3 as it is written. */
  readonly pid?: string;
  readonly changedAt?: string;
  /** MSH-7. */
  readonly saidAt?: string;
  /** MSH-3 and MSH-4. */
  readonly from?: readonly [application: string, facility: string];
  readonly characterSet?: string;
  readonly birthDate?: string;
  readonly name?: string;
  readonly processing?: string;
}

/** An ORU^R01 as a RIS writes it. */
export function oru(options: OruOptions = {}): string {
  const { accession = 'A1', controlId = 'M1', status = 'F', pid = 'P1^^^HOSP^MR' } = options;
  const { changedAt = '', characterSet = '', birthDate = '', name = 'DOE^JANE' } = options;
  const { saidAt = '20261127140200', from = ['RIS', 'HOSP'] } = options;
  const header = ['MSH|^~\\&', ...from, 'RADTRIAGE', 'HOSP', saidAt, ''];
  const kind = ['ORU^R01^ORU_R01', controlId, options.processing ?? 'P', '2.5.1'];
  const empty = (count: number): string[] => Array(count).fill('');
  const request = [
    ...['OBR', '1', 'PL1', 'FI1', 'CXR^Chest^L', ...empty(13), accession, '', '', ''],
    ...[changedAt, '', 'DX', status],
  ];
  return `${[
    [...header, ...kind, ...empty(5), characterSet].join('|'),
    ['PID', '1', '', pid, '', name, '', birthDate, 'F'].join('|'),
    ['ORC', 'RE', 'PL1', 'FI1', '', 'CM'].join('|'),
    request.join('|'),
    ['OBX', '1', 'TX', 'REPORT', '', 'No acute finding.', ...empty(5), 'F'].join('|'),
  ].join('\r')}\r`;
}

/** An ADT^A40: `from` (MRG-1) is given up for `into` (PID-3). */
export function adtMerge(from: string, into: string, controlId = 'G1'): string {
  return `${[
    `MSH|^~\\&|RIS|HOSP|RADTRIAGE|HOSP|20261127140200||ADT^A40^ADT_A39|${controlId}|P|2.5.1`,
    'EVN|A40|20261127140200',
    `PID|1||${into}||DOE^JANE`,
    `MRG|${from}`,
  ].join('\r')}\r`;
}

/** A sender that speaks MLLP over a connection of its own. */
export interface Hl7Client {
  readonly socket: Socket;
  /** Sends a framed message and resolves with its answer, unframed. */
  send(message: string | Buffer): Promise<string>;
  close(): void;
}

export async function connectHl7(port: number): Promise<Hl7Client> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  let text = '';
  const waiting: ((answer: string | undefined) => void)[] = [];
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    for (let end = text.indexOf('\x1c\r'); end !== -1; end = text.indexOf('\x1c\r')) {
      const answer = text.slice(1, end);
      text = text.slice(end + 2);
      waiting.shift()?.(answer);
    }
  });
  socket.on('close', () => {
    for (const tell of waiting.splice(0)) tell(undefined);
  });
  return {
    socket,
    send: async (message) => {
      const answered = new Promise<string | undefined>((done) => waiting.push(done));
      socket.write(frame(typeof message === 'string' ? Buffer.from(message) : message));
      const answer = await answered;
      if (answer === undefined) throw new Error('the connection ended without an answer');
      return answer;
    },
    close: () => socket.destroy(),
  };
}

/** MSA-1. */
export function codeOf(answer: string): string {
  return /\rMSA\|(\w+)\|/.exec(answer)?.[1] ?? '';
}
