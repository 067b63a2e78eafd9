import { describe, expect, test } from 'vitest';
import { createAssociationPolicy, isLoopback } from '#listener/association-policy.ts';
import { configSchema } from '#platform/config/schema.ts';

function policyOf(dicom: Record<string, unknown>) {
  return createAssociationPolicy(configSchema.parse({ dicom }).dicom);
}

const PROPOSAL = {
  callingAe: 'CT1',
  calledAe: 'RADTRIAGE',
  peerAddress: '10.1.2.3',
  implementationClassUid: '1.2',
  implementationVersion: undefined,
  certified: false,
};

describe('who may associate', () => {
  test('on loopback without a list, anybody who calls us by name', () => {
    const policy = policyOf({ aeTitles: ['RADTRIAGE', 'TRIAGE2'] });
    expect(policy.judgeAssociation(PROPOSAL)).toEqual({ accepted: true });
    expect(policy.judgeAssociation({ ...PROPOSAL, calledAe: 'TRIAGE2' })).toEqual({
      accepted: true,
    });
  });

  test('a called AE title that is not ours is rejected with 1/1/7', () => {
    expect(policyOf({}).judgeAssociation({ ...PROPOSAL, calledAe: 'PACS' })).toMatchObject({
      accepted: false,
      rejection: { result: 1, source: 1, reason: 7 },
    });
  });

  test.each([
    ['listed, any address', 'MR1', '192.168.7.7', true],
    ['listed address', 'CT1', '10.1.2.3', true],
    ['listed network', 'CT1', '10.2.200.1', true],
    ['listed IPv6 network', 'CT1', 'fd00::17', true],
    ['another address', 'CT1', '10.1.2.4', false],
    ['not listed', 'CT2', '10.1.2.3', false],
    ['empty title', '', '10.1.2.3', false],
    ['other case', 'ct1', '10.1.2.3', false],
  ])('%s: %s from %s -> %s', (_, callingAe, peerAddress, accepted) => {
    const policy = policyOf({
      host: '0.0.0.0',
      peers: [
        { aeTitle: 'CT1', addresses: ['10.1.2.3'] },
        { aeTitle: 'CT1', addresses: ['10.2.0.0/16', 'fd00::/64'] },
        { aeTitle: 'MR1' },
      ],
    });
    const verdict = policy.judgeAssociation({ ...PROPOSAL, callingAe, peerAddress });
    expect(verdict.accepted).toBe(accepted);
    if (!verdict.accepted) expect(verdict.rejection).toEqual({ result: 1, source: 1, reason: 3 });
  });

  test('an address other than loopback needs a list of peers', () => {
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'listener.example']) {
      expect(() => policyOf({ host })).toThrowError(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
    }
    for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost']) {
      expect(isLoopback(host)).toBe(true);
      policyOf({ host });
    }
  });

  test('every fault of the list is named at once', () => {
    const peers = [{ aeTitle: 'CT1', addresses: ['10.0.0', '10.0.0.0/33', 'host', '::/x'] }];
    expect(() => policyOf({ peers, aeTitles: [] })).toThrowError(
      /aeTitles.*10\.0\.0 of CT1.*10\.0\.0\.0\/33.*host of CT1.*::\/x/,
    );
  });
});
