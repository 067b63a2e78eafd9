import { isAllowedAddress } from '#platform/outbound/allowed-address.ts';

/** Where the site lets requests go besides public addresses. */
export interface AddressRules {
  /** Hosts, by the name or address in the URL, that may stand at a loopback or private address. */
  readonly innerHosts: readonly string[];
  /** Inner addresses that any host may stand at, in CIDR notation. These alone may be link-local. */
  readonly innerNetworks: readonly string[];
}

/** @returns why `host` may not be reached at `address`, for people; undefined when it may */
export type AddressJudge = (host: string, address: string) => string | undefined;

/** Who may be reached where: public addresses, and what the site names. */
export function createAddressJudge({ innerHosts, innerNetworks }: AddressRules): AddressJudge {
  const named = new Set(innerHosts);
  const within = { networks: innerNetworks, allowPrivate: false, allowPublic: false };
  return (host, given) => {
    const address = given.replace(/%.*$/, '');
    const rule = { allowPrivate: named.has(host), allowPublic: true };
    if (isAllowedAddress(address, rule) || isAllowedAddress(address, within)) return undefined;
    return `${address} is no public address, and neither innerHosts nor innerNetworks allows it`;
  };
}
