import { scryptSync } from 'node:crypto';
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
  certificate: undefined,
  userIdentity: undefined,
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
  ])('%s: %s from %s -> %s', async (_, callingAe, peerAddress, accepted) => {
    const policy = policyOf({
      host: '0.0.0.0',
      peers: [
        { aeTitle: 'CT1', addresses: ['10.1.2.3'] },
        { aeTitle: 'CT1', addresses: ['10.2.0.0/16', 'fd00::/64'] },
        { aeTitle: 'MR1' },
      ],
    });
    const verdict = await policy.judgeAssociation({ ...PROPOSAL, callingAe, peerAddress });
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

  const certificate = { fingerprint: 'ab'.repeat(32), names: ['ct1.example', '10.1.2.3'] };

  test.each([
    [{ sha256: `${'AB:'.repeat(31)}AB` }, certificate, true],
    [{ sha256: 'ac'.repeat(32) }, certificate, false],
    [{ name: 'ct1.example' }, certificate, true],
    [{ name: 'example' }, certificate, false],
    [{ name: 'ct1.example' }, undefined, false],
    [undefined, certificate, true],
  ])('a title with certificate %o, shown %o -> %s', async (wanted, shown, accepted) => {
    const policy = policyOf({ peers: [{ aeTitle: 'CT1', certificate: wanted }] });
    const verdict = await policy.judgeAssociation({ ...PROPOSAL, certificate: shown });
    expect(verdict).toMatchObject(
      accepted
        ? { accepted }
        : { accepted, cause: 'certificate', rejection: { result: 1, source: 1, reason: 3 } },
    );
  });

  test('a title that is listed twice may come either way', async () => {
    const policy = policyOf({
      peers: [
        { aeTitle: 'CT1', addresses: ['10.1.2.3'] },
        { aeTitle: 'CT1', certificate: { name: 'ct1.example' } },
      ],
    });
    expect(await policy.judgeAssociation(PROPOSAL)).toEqual({ accepted: true });
    const elsewhere = { ...PROPOSAL, peerAddress: '10.9.9.9' };
    expect(await policy.judgeAssociation(elsewhere)).toMatchObject({ cause: 'certificate' });
    expect(await policy.judgeAssociation({ ...elsewhere, certificate })).toEqual({
      accepted: true,
    });
  });
});

describe('user identity', () => {
  const identity = (type: number, primary: string, secondary = '') => ({
    type,
    positiveResponseRequested: false,
    primary: Buffer.from(primary),
    secondary: Buffer.from(secondary),
  });
  // As `radtriage passcode` prints it, but cheap.
  const salt = Buffer.from('salt');
  const key = scryptSync('pass code', salt, 32, { N: 16, r: 8, p: 1 });
  const passcodeHash = `scrypt$4$8$1$${salt.toString('base64url')}$${key.toString('base64url')}`;

  test.each<[string, ReturnType<typeof identity> | undefined, boolean, boolean]>([
    ['nobody', undefined, false, false],
    ['the name', identity(1, 'Müller'), true, false],
    ['the name in another form', identity(1, 'Mu\u0308ller'), true, false],
    ['another name', identity(1, 'muller'), false, false],
    ['name and passcode', identity(2, 'Müller', 'pass code'), true, true],
    ['name and another passcode', identity(2, 'Müller', 'pass'), true, false],
    ['another name and the passcode', identity(2, 'M', 'pass code'), false, false],
    ['an endless passcode', identity(2, 'Müller', 'x'.repeat(10_000)), true, false],
    ['a ticket', identity(3, 'Müller'), false, false],
    ['an assertion', identity(4, 'Müller'), false, false],
    ['a token', identity(5, 'Müller'), false, false],
  ])('%s', async (_, userIdentity, byName, byPasscode) => {
    for (const [rule, good] of [
      [{ username: 'Müller' }, byName],
      [{ username: 'Müller', passcodeHash }, byPasscode],
    ] as const) {
      const policy = policyOf({ peers: [{ aeTitle: 'CT1', userIdentity: rule }] });
      // Twice: what was right is known again.
      for (const _round of [1, 2]) {
        const verdict = await policy.judgeAssociation({ ...PROPOSAL, userIdentity });
        expect(verdict).toMatchObject(
          good
            ? { accepted: true, identified: true }
            : {
                accepted: false,
                cause: 'identity',
                rejection: { result: 1, source: 2, reason: 1 },
              },
        );
        expect(JSON.stringify(verdict)).not.toMatch(/pass|ller/);
      }
    }
  });

  test('a right passcode is remembered; a crowd of wrong ones is turned away unread', async () => {
    const rule = { username: 'CT', passcodeHash };
    const policy = policyOf({ peers: [{ aeTitle: 'CT1', userIdentity: rule }] });
    const good = { ...PROPOSAL, userIdentity: identity(2, 'CT', 'pass code') };
    expect(policy.judgeAssociation(good)).toBeInstanceOf(Promise);
    expect(await policy.judgeAssociation(good)).toMatchObject({ accepted: true });
    const crowd = Array.from({ length: 17 }, (_, n) =>
      policy.judgeAssociation({ ...PROPOSAL, userIdentity: identity(2, 'CT', String(n)) }),
    );
    expect(crowd.at(-1)).toMatchObject({ cause: 'limit', rejection: { result: 2 } });
    // Who was right before does not wait for them.
    expect(policy.judgeAssociation(good)).toEqual({ accepted: true, identified: true });
    const verdicts = await Promise.all(crowd.slice(0, 16));
    expect(new Set(verdicts.map((v) => (v.accepted ? 'accepted' : v.cause)))).toEqual(
      new Set(['identity']),
    );
  });

  test('without a rule nothing is checked, and nothing is confirmed', async () => {
    const policy = policyOf({ peers: [{ aeTitle: 'CT1' }] });
    const userIdentity = identity(2, 'anybody', 'anything');
    expect(await policy.judgeAssociation({ ...PROPOSAL, userIdentity })).toEqual({
      accepted: true,
    });
  });
});
