import type { Hl7Sender } from '#platform/config/hl7.ts';
import type { PatientMerge } from '#platform/outside-reports/take-merges.ts';
import { decodeText } from './hl7/decode-text.ts';
import { MessageFault } from './hl7/message-fault.ts';
import { readMessage } from './hl7/read-message.ts';
import { bearsNames } from './listed-senders.ts';
import { isMerge, readMerges } from './read-merges.ts';
import { type ReadReports, readReports } from './read-reports.ts';

type CheckedMessage = ReadReports & { readonly merges: readonly PatientMerge[] };

/** What a message, framed or not, would be read as; nothing is done. @throws MessageFault with what it would be answered */
export function checkMessage(bytes: Buffer, sender: Hl7Sender): CheckedMessage {
  const start = bytes[0] === 0x0b ? 1 : 0;
  const end = bytes.indexOf(0x1c);
  const text = bytes.subarray(start, end === -1 ? bytes.length : end);
  const message = readMessage(decodeText(text, sender.characterSet));
  const { header } = message;
  if (!bearsNames(sender, [header.value(3), header.value(4)])) {
    throw new MessageFault('AR', `MSH-3 and MSH-4 are not those of ${sender.name}`);
  }
  if (isMerge(message)) return { reports: [], ignored: 0, merges: readMerges(message, sender) };
  return { ...readReports(message, sender), merges: [] };
}
