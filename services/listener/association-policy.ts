import { BlockList, isIP, isIPv6 } from 'node:net';
import { RadTriageError } from '#core/errors.ts';
import { fitsCertificate } from '#dicom/dimse/fits-certificate.ts';
import { REJECTIONS, type Rejection } from '#dicom/dimse/pdu-codec.ts';
import type {
  AssociationPolicy,
  AssociationProposal,
  AssociationVerdict,
} from '#dicom/dimse/scp-types.ts';
import type { UserIdentity } from '#dicom/dimse/user-information.ts';
import type { Config } from '#platform/config/config.ts';
import { IdentityCheck, type IdentityFinding } from './identity-check.ts';

type DicomConfig = Config['dicom'];

type Peer = DicomConfig['peers'][number];

interface Sender extends Pick<Peer, 'aeTitle' | 'certificate' | 'userIdentity'> {
  /** Undefined: from any address. */
  readonly addresses: BlockList | undefined;
}

type Refusal = Extract<AssociationVerdict, { accepted: false }>;

/**
 * Who may associate: the called AE title must be one of ours, and with a list of peers the calling AE title must be
 * on it, from an address, with a certificate and by a user that its entry allows. A title that stands on the list twice
 * may come in any of the ways. Addresses are IPv4 or IPv6, or networks such as 10.1.0.0/16.
 * @throws RadTriageError CONFIG_INVALID, naming every fault: an address that is none, no AE title of our own, or an
 * address other than loopback to listen on without a list of peers.
 */
export function createAssociationPolicy(config: DicomConfig): AssociationPolicy {
  const faults: string[] = [];
  if (config.aeTitles.length === 0) faults.push('dicom.aeTitles is empty');
  if (!isLoopback(config.host) && config.peers.length === 0) {
    faults.push(`dicom.host ${config.host} is not loopback: dicom.peers has to list who may send`);
  }
  const senders = config.peers.map((peer): Sender => {
    if (peer.addresses === undefined) return { ...peer, addresses: undefined };
    const addresses = new BlockList();
    for (const address of peer.addresses) {
      if (!addAddress(addresses, address)) {
        faults.push(`dicom.peers: ${address} of ${peer.aeTitle} is no address or network`);
      }
    }
    return { ...peer, addresses };
  });
  if (faults.length > 0) throw new RadTriageError('CONFIG_INVALID', faults.join('; '));
  const calledTitles = new Set(config.aeTitles);
  const identityCheck = new IdentityCheck();
  return {
    judgeAssociation: (proposal) => {
      if (!calledTitles.has(proposal.calledAe)) {
        return refuse('called-ae', 'the called AE title is not ours', REJECTIONS.calledAe);
      }
      if (senders.length === 0) return { accepted: true };
      const named = senders.filter((sender) => sender.aeTitle === proposal.callingAe);
      if (named.length === 0) return refuse('calling-ae', 'the calling AE title is not listed');
      const near = named.filter((sender) => comesFrom(sender, proposal.peerAddress));
      if (near.length === 0) {
        return refuse('address', 'the calling AE title may not send from this address');
      }
      const certified = near.filter((sender) =>
        fitsCertificate(sender.certificate, proposal.certificate),
      );
      if (certified.length === 0) return refuseCertificate(proposal);
      return judgeIdentity(proposal, certified, identityCheck);
    },
  };
}

function refuse(
  cause: Refusal['cause'],
  why: string,
  rejection: Rejection = REJECTIONS.callingAe,
): Refusal {
  return { accepted: false, rejection, cause, why };
}

function refuseCertificate({ certificate }: AssociationProposal): Refusal {
  return refuse(
    'certificate',
    certificate === undefined
      ? 'the calling AE title has to show its certificate over TLS'
      : 'the calling AE title may not use this certificate',
  );
}

function judgeIdentity(
  proposal: AssociationProposal,
  senders: readonly Sender[],
  identityCheck: IdentityCheck,
): AssociationVerdict | Promise<AssociationVerdict> {
  const [first, ...others] = senders;
  if (first?.userIdentity === undefined || senders.some((s) => s.userIdentity === undefined)) {
    return { accepted: true };
  }
  const { userIdentity } = proposal;
  const finding = identityCheck.check(first.userIdentity, userIdentity);
  const conclude = (found: IdentityFinding): AssociationVerdict | Promise<AssociationVerdict> => {
    if (found === 'good') return { accepted: true, identified: true };
    if (others.length > 0) return judgeIdentity(proposal, others, identityCheck);
    if (found === 'busy') {
      return refuse('limit', 'too many user identities to check', REJECTIONS.localLimit);
    }
    return refuse('identity', describeIdentity(userIdentity, found), REJECTIONS.userIdentity);
  };
  return finding instanceof Promise ? finding.then(conclude) : conclude(finding);
}

/** For the log: the kind alone, as what was said may hold a secret. */
function describeIdentity(identity: UserIdentity | undefined, found: IdentityFinding): string {
  if (identity === undefined) return 'the user identity is missing';
  return found === 'unsupported'
    ? `user identities of type ${identity.type} are not taken`
    : 'the user identity is not the one configured';
}

function comesFrom(sender: Sender, peerAddress: string): boolean {
  if (sender.addresses === undefined) return true;
  const address = peerAddress.replace(/%.*$/, '');
  return isIP(address) !== 0 && sender.addresses.check(address, familyOf(address));
}

/** True when the host can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function addAddress(list: BlockList, text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  if (isIP(address) === 0 || rest.length > 0) return false;
  const family = familyOf(address);
  if (prefix === undefined) {
    list.addAddress(address, family);
    return true;
  }
  const bits = Number(prefix);
  if (!/^\d+$/.test(prefix) || bits > (family === 'ipv6' ? 128 : 32)) return false;
  list.addSubnet(address, bits, family);
  return true;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}
