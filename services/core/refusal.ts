/** Why somebody was turned away at the doors for DICOM and for HL7. */
export const REFUSAL_CAUSES = [
  'called-ae',
  'calling-ae',
  'address',
  'certificate',
  'identity',
  'limit',
  'protocol',
  'no-context',
  'tls',
  'evicted',
  'hl7-address',
  'hl7-certificate',
  'hl7-sender',
  'hl7-limit',
  'other',
] as const;
export type RefusalCause = (typeof REFUSAL_CAUSES)[number];

export interface RefusedPeer {
  readonly cause: RefusalCause;
  readonly peerAddress: string;
  readonly callingAe: string;
  readonly calledAe: string;
}

/** What an administrator can do about it, in one sentence. `ownTitles`: the AE titles that we answer to. */
export function adviseOnRefusal(refused: RefusedPeer, ownTitles: readonly string[]): string {
  const { callingAe, calledAe, peerAddress } = refused;
  const own = ownTitles.join(' or ');
  switch (refused.cause) {
    case 'called-ae':
      return `Let the sender call us ${own}, or add "${calledAe}" to dicom.aeTitles.`;
    case 'calling-ae':
      return `If it may send, add AE title "${callingAe}" with address ${peerAddress} to dicom.peers.`;
    case 'address':
      return `If "${callingAe}" has moved, add ${peerAddress} to its addresses in dicom.peers.`;
    case 'certificate':
      return `Give "${callingAe}" a certificate that is bound to its AE title, or mend the binding in dicom.tls.`;
    case 'identity':
      return 'Mend user name or password at the sender, or the rule of user identities in the configuration.';
    case 'limit':
      return 'Let the sender open fewer associations at once, or raise dicom.maxAssociations and dicom.maxAssociationsPerPeer.';
    case 'protocol':
      return `What came from ${peerAddress} was not DICOM as we know it: a scanner of networks, a browser, or a wrong port.`;
    case 'no-context':
      return `Nothing that "${callingAe}" offered to send can be taken: look at its SOP classes and transfer syntaxes.`;
    case 'tls':
      return 'Let the sender speak TLS 1.2 or later, with a certificate that our authority has signed.';
    case 'evicted':
      return `${peerAddress} opens connections and says nothing: a port scan, or a monitor that should use C-ECHO.`;
    case 'hl7-address':
      return `If it may tell of reports, add ${peerAddress} to the addresses of a sender in hl7.senders.`;
    case 'hl7-certificate':
      return 'Give the sender the certificate that hl7.senders binds it to, or mend the binding or the authority in hl7.tls.';
    case 'hl7-sender':
      return `If it may tell of reports, add "${callingAe}" to sendingApplication (MSH-3) and sendingFacility (MSH-4) of a sender in hl7.senders.`;
    case 'hl7-limit':
      return 'Let the sender keep one connection open, or raise hl7.maxConnections.';
    case 'other':
      return 'Look at the log of the listener for the moment of the last refusal.';
  }
}
