import type { OutsidePatientId } from '#core/outside-report.ts';
import type { Hl7Sender } from '#platform/config/hl7.ts';
import type { Hl7Message } from './hl7/read-message.ts';

function readId(
  { split }: Hl7Message,
  repetition: string,
  sender: Hl7Sender,
): OutsidePatientId | undefined {
  // CX: the id in its first component, in the fourth its assigning authority (HD: namespace, universal id, its kind).
  const [id = ''] = split(repetition, 1);
  if (id === '') return undefined;
  const [namespace = '', universal = ''] = split(repetition, 4);
  const named = [namespace, universal].filter((issuer) => issuer !== '');
  const known = named.length > 0 ? named : [sender.issuerOfPatientId ?? []].flat();
  return {
    id,
    issuers: [...new Set(known.flatMap((issuer) => [issuer, sender.issuers[issuer] ?? []].flat()))],
  };
}

/** The ids of a field of the kind CX, with what the images may call who issued them. */
export function readIds(
  message: Hl7Message,
  repetitions: readonly string[],
  sender: Hl7Sender,
): OutsidePatientId[] {
  return repetitions
    .map((repetition) => readId(message, repetition, sender))
    .filter((id) => id !== undefined);
}
