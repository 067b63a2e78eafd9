import type { Hl7Sender } from '#platform/config/hl7.ts';
import { decodeText } from './hl7/decode-text.ts';
import { readMessage } from './hl7/read-message.ts';
import { type ReadReports, readReports } from './read-reports.ts';

/** What a message, framed or not, would be read as; nothing is done. @throws MessageFault with what it would be answered */
export function checkMessage(bytes: Buffer, sender: Hl7Sender): ReadReports {
  const start = bytes[0] === 0x0b ? 1 : 0;
  const end = bytes.indexOf(0x1c);
  const message = bytes.subarray(start, end === -1 ? bytes.length : end);
  return readReports(readMessage(decodeText(message, sender.characterSet)), sender);
}
