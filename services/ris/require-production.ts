import { MessageFault } from './hl7/message-fault.ts';
import type { Hl7Message } from './hl7/read-message.ts';

/** @throws MessageFault unless it is a message of production, of HL7 v2, that can be told from others */
export function requireProduction({ header }: Hl7Message): void {
  const processing = header.value(11);
  if (processing !== '' && processing !== 'P') {
    throw new MessageFault('AR', 'MSH-11: only messages of production (P) are taken');
  }
  if (!/^2(\.\d){1,2}$|^$/.test(header.value(12))) {
    throw new MessageFault('AR', 'MSH-12: only HL7 version 2 is taken');
  }
  if (header.value(10) === '') {
    throw new MessageFault('AE', 'MSH-10, the message control id, is empty');
  }
}
