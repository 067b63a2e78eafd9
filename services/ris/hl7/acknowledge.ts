/** HL7 table 0008, original mode. */
export type AnswerCode = 'AA' | 'AE' | 'AR';

/** What of a message its answer repeats. */
export interface Answered {
  readonly controlId: string;
  /** MSH-3 to MSH-6 of the message. */
  readonly parties: readonly [string, string, string, string];
  readonly version: string;
  readonly processingId: string;
}

function plain(text: string, longest: number): string {
  // Printable ASCII without the delimiters: nothing that a sender wrote can change what the answer says.
  return text.replaceAll(/[^\x20-\x7e]|[|^~\\&]/g, ' ').slice(0, longest);
}

function timeOf(now: Date): string {
  return `${now.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}+0000`;
}

/** An ACK (HL7 v2.5.1 2.14.1): MSA, and ERR where it is not taken. */
export function buildAnswer(
  to: Answered,
  answer: { code: AnswerCode; text: string },
  own: { now: Date; controlId: string },
): Buffer {
  const [application, facility, ourApplication, ourFacility] = to.parties.map((name) =>
    plain(name, 180),
  );
  const header = [
    'MSH|^~\\&',
    ...[ourApplication || 'RADTRIAGE', ourFacility, application, facility],
    ...[timeOf(own.now), '', 'ACK', own.controlId],
    ...[plain(to.processingId, 3) || 'P', plain(to.version, 8) || '2.5'],
  ].join('|');
  const text = plain(answer.text, 200);
  const lines = [header, `MSA|${answer.code}|${plain(to.controlId, 199)}|${text}`];
  // ERR-3 of table 0357 (207: application internal error), ERR-4 severity, ERR-8 for people.
  if (answer.code !== 'AA') lines.push(`ERR|||207^Application error^HL70357|E||||${text}`);
  return Buffer.from(`${lines.join('\r')}\r`, 'ascii');
}
