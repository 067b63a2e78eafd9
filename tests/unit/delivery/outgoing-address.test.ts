import { describe, expect, it } from 'vitest';
import { createAddressJudge } from '#delivery/outgoing-address.ts';

const judge = createAddressJudge({
  innerHosts: ['pager.local'],
  innerNetworks: ['10.20.0.0/16', '169.254.7.0/24'],
});

describe('where a request may go', () => {
  it.each(['8.8.8.8', '1.1.1.1', '2a00:1450:4001:828::200e', '::ffff:8.8.8.8'])(
    'to %s, which is public',
    (address) => {
      expect(judge('hook.example', address)).toBeUndefined();
    },
  );

  it.each([
    ...['127.0.0.1', '127.255.0.9', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
    ...['169.254.169.254', '100.64.0.1', '198.18.0.1', '192.0.2.1'],
    ...['::1', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd00:ec2::254', 'fec0::1'],
    ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::FFFF:169.254.169.254', '0:0:0:0:0:ffff:0a00:0001'],
    ...['64:ff9b::7f00:1', '2002:7f00:1::', '2001:0:1::', '2001:db8::1', '3fff::1'],
  ])('not to %s, which is an inner address', (address) => {
    expect(judge('hook.example', address)).toContain('is no public address');
  });

  it('to an inner address that the site allows, by the host or by the network', () => {
    expect(judge('pager.local', '192.168.1.1')).toBeUndefined();
    expect(judge('pager.local', '::1')).toBeUndefined();
    expect(judge('other.local', '192.168.1.1')).toContain('is no public address');
    expect(judge('other.local', '10.20.3.4')).toBeUndefined();
    expect(judge('other.local', '::ffff:10.20.3.4')).toBeUndefined();
    expect(judge('other.local', '10.21.3.4')).toContain('is no public address');
  });

  it('to a link-local address, where clouds keep their metadata, only by the network', () => {
    expect(judge('pager.local', '169.254.169.254')).toContain('is no public address');
    expect(judge('pager.local', '169.254.7.1')).toBeUndefined();
  });

  it.each(['0.0.0.0', '0.1.2.3', '224.0.0.1', '255.255.255.255', '::', 'ff02::1', 'no address'])(
    'never to %s, where no host stands, whatever its name',
    (address) => {
      expect(judge('pager.local', address)).toContain('is no public address');
    },
  );
});
