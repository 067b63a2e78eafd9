import { describe, expect, it } from 'vitest';
import {
  type AddressRule,
  allowedLookup,
  isAllowedAddress,
  requireAllowed,
} from '#platform/outbound/allowed-address.ts';

const outside: AddressRule = { allowPrivate: false, allowPublic: true };
const inside: AddressRule = { allowPrivate: true, allowPublic: false };

describe('addresses that a request may go to', () => {
  it('are those of the internet, and not those within, unless told otherwise', () => {
    for (const address of ['93.184.216.34', '2606:2800:220:1::1']) {
      expect(isAllowedAddress(address, outside)).toBe(true);
      expect(isAllowedAddress(address, inside)).toBe(false);
    }
    const within = ['127.0.0.1', '10.2.3.4', '172.31.0.1', '192.168.1.1', '::1', 'fd12::1'];
    for (const address of [...within, '::ffff:127.0.0.1', '::ffff:10.0.0.1', '100.64.0.1']) {
      expect(isAllowedAddress(address, outside), address).toBe(false);
      expect(isAllowedAddress(address, inside), address).toBe(true);
    }
  });

  it('are never those of metadata services, link-local, multicast, or in disguise', () => {
    for (const address of [
      ...['169.254.169.254', '::ffff:169.254.169.254', 'fd00:ec2::254', 'fe80::1', '0.0.0.0'],
      ...['::', '224.0.0.1', '255.255.255.255', '64:ff9b::7f00:1', '2002:7f00:1::', 'host', ''],
    ]) {
      expect(isAllowedAddress(address, { allowPrivate: true, allowPublic: true })).toBe(false);
    }
  });

  it('are only those of the networks where the site names some', () => {
    const rule = { ...inside, networks: ['10.1.0.0/16', '169.254.7.7', 'fd12::/32'] };
    expect(isAllowedAddress('10.1.255.255', rule)).toBe(true);
    expect(isAllowedAddress('169.254.7.7', rule)).toBe(true);
    expect(isAllowedAddress('fd12::5', rule)).toBe(true);
    for (const address of ['10.2.0.0', '169.254.7.8', '127.0.0.1', '93.184.216.34']) {
      expect(isAllowedAddress(address, rule)).toBe(false);
    }
  });

  it('are looked at where a name is resolved, and where an address stands for it', async () => {
    const resolve = (rule: AddressRule) =>
      new Promise((done) => {
        allowedLookup(rule)('localhost', { all: true }, (error, found) => done(error ?? found));
      });
    expect(await resolve(inside)).toContainEqual({ address: '127.0.0.1', family: 4 });
    expect(await resolve(outside)).toMatchObject({ code: 'FORBIDDEN' });
    expect(() => requireAllowed('[::1]', outside)).toThrow('does not allow');
    expect(() => requireAllowed('127.0.0.1', inside)).not.toThrow();
    expect(() => requireAllowed('pacs.example', outside)).not.toThrow();
  });
});
