import { fitsCertificate } from '#dicom/dimse/fits-certificate.ts';
import type { PeerCertificate } from '#dicom/dimse/tls-server.ts';
import type { Hl7Sender } from '#platform/config/hl7.ts';
import { isAllowedAddress } from '#platform/outbound/allowed-address.ts';

/** MSH-3 and MSH-4. */
type Names = readonly [application: string, facility: string];

/** Whether a sender may bear the names, letter for letter. */
export function bearsNames(
  { sendingApplication, sendingFacility }: Hl7Sender,
  [application, facility]: Names,
): boolean {
  return (
    (sendingApplication?.includes(application) ?? true) &&
    (sendingFacility?.includes(facility) ?? true)
  );
}

/** How many names the configuration asks of a sender. */
export function namesAsked({ sendingApplication, sendingFacility }: Hl7Sender): number {
  return [sendingApplication, sendingFacility].filter((names) => names !== undefined).length;
}

/** The senders that may stand behind a connection: those listed with its address and, where one is asked for, its certificate. */
export function sendersBehind(
  senders: readonly Hl7Sender[],
  connection: { address: string; certificate: PeerCertificate | undefined },
): readonly Hl7Sender[] {
  const { address, certificate } = connection;
  return senders.filter(
    (sender) =>
      isAllowedAddress(address, {
        networks: sender.addresses,
        ...{ allowPrivate: false, allowPublic: false },
      }) && fitsCertificate(sender.certificate, certificate),
  );
}
