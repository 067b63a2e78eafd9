import { lookup as lookUp } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { RadTriageError } from '#core/errors.ts';

/** Which addresses a request of ours may go to. */
export interface AddressRule {
  /** Addresses and networks such as 10.1.0.0/16. Where there are any, only these. */
  readonly networks?: readonly string[] | undefined;
  /** Loopback and private addresses. */
  readonly allowPrivate: boolean;
  /** Addresses of the internet. */
  readonly allowPublic: boolean;
}

const PRIVATE = blockList([
  ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '127.0.0.0/8'],
  ...['::1/128', 'fc00::/7'],
]);
/**
 * What no server of a site has: this network, link-local (where clouds keep their metadata), multicast, documentation,
 * benchmarks, reserved, and IPv6 addresses that stand for another one (RFC 6890). Only `networks` can allow them.
 */
const SPECIAL = blockList([
  ...['0.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24', '192.0.2.0/24', '198.18.0.0/15'],
  ...['198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
  ...[
    '::/128',
    '100::/64',
    'fe80::/10',
    'fec0::/10',
    'ff00::/8',
    '3fff::/20',
    '64:ff9b::/96',
    '64:ff9b:1::/48',
    '2001::/23',
  ],
  ...['2001:db8::/32', '2002::/16', 'fd00:ec2::254/128'],
]);

/** Whether a request may go to an IP address. IPv4 within IPv6 counts as IPv4. */
export function isAllowedAddress(address: string, rule: AddressRule): boolean {
  if (isIP(address) === 0) return false;
  if (rule.networks !== undefined) return isIn(blockList(rule.networks), address);
  if (isIn(SPECIAL, address)) return false;
  return isIn(PRIVATE, address) ? rule.allowPrivate : rule.allowPublic;
}

/**
 * For the `lookup` of a connection: names are resolved once, and the connection goes to an address that was looked at,
 * whatever the name stands for a moment later. An address in place of a name is not looked up: see `requireAllowed`.
 */
export function allowedLookup(rule: AddressRule): LookupFunction {
  return (hostname, options, callback) => {
    lookUp(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, [], 0);
      const allowed = found.filter(({ address }) => isAllowedAddress(address, rule));
      const [first] = allowed;
      if (first === undefined) return callback(refusal(hostname), [], 0);
      if (options.all === true) return callback(null, allowed);
      callback(null, first.address, first.family);
    });
  };
}

/** @throws RadTriageError FORBIDDEN when the host is an address, and none that is allowed */
export function requireAllowed(hostname: string, rule: AddressRule): void {
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) !== 0 && !isAllowedAddress(address, rule)) throw refusal(address);
}

function refusal(hostname: string): RadTriageError {
  return new RadTriageError(
    'FORBIDDEN',
    `${hostname} has an address that the configuration does not allow`,
  );
}

function isIn(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const six = isIP(address) === 6;
    list.addSubnet(address, Number(bits ?? (six ? 128 : 32)), six ? 'ipv6' : 'ipv4');
  }
  return list;
}
