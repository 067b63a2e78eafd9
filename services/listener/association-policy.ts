import { BlockList, isIP, isIPv6 } from 'node:net';
import { RadTriageError } from '#core/errors.ts';
import { REJECTIONS } from '#dicom/dimse/pdu-codec.ts';
import type {
  AssociationPolicy,
  AssociationProposal,
  AssociationVerdict,
} from '#dicom/dimse/scp-types.ts';
import type { Config } from '#platform/config/config.ts';

type DicomConfig = Config['dicom'];

interface Sender {
  readonly aeTitle: string;
  /** Undefined: from any address. */
  readonly addresses: BlockList | undefined;
}

/**
 * Who may associate: the called AE title must be one of ours, and with a list of peers the calling AE title must be
 * on it, from an address that its entry allows. Addresses are IPv4 or IPv6, or networks such as 10.1.0.0/16.
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
    if (peer.addresses === undefined) return { aeTitle: peer.aeTitle, addresses: undefined };
    const addresses = new BlockList();
    for (const address of peer.addresses) {
      if (!addAddress(addresses, address)) {
        faults.push(`dicom.peers: ${address} of ${peer.aeTitle} is no address or network`);
      }
    }
    return { aeTitle: peer.aeTitle, addresses };
  });
  if (faults.length > 0) throw new RadTriageError('CONFIG_INVALID', faults.join('; '));
  const calledTitles = new Set(config.aeTitles);
  return { judgeAssociation: (proposal) => judge(proposal, calledTitles, senders) };
}

function judge(
  proposal: AssociationProposal,
  calledTitles: ReadonlySet<string>,
  senders: readonly Sender[],
): AssociationVerdict {
  if (!calledTitles.has(proposal.calledAe)) {
    const why = 'the called AE title is not ours';
    return { accepted: false, rejection: REJECTIONS.calledAe, why };
  }
  if (senders.length === 0) return { accepted: true };
  const named = senders.filter((sender) => sender.aeTitle === proposal.callingAe);
  if (named.some((sender) => comesFrom(sender, proposal.peerAddress))) return { accepted: true };
  const why =
    named.length === 0
      ? 'the calling AE title is not listed'
      : 'the calling AE title may not send from this address';
  return { accepted: false, rejection: REJECTIONS.callingAe, why };
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
