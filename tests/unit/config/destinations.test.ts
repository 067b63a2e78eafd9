import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { toRadTriageError } from '#core/errors.ts';
import { type Config, loadConfig } from '#platform/config/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'radtriage-destinations-'));
afterAll(() => rmSync(folder, { recursive: true }));

function load(tree: Record<string, unknown>): Config {
  const path = join(folder, 'radtriage.yaml');
  writeFileSync(path, stringify(tree));
  return loadConfig({ environment: { RADTRIAGE_CONFIG: path } });
}

function faultsOf(tree: Record<string, unknown>): string {
  try {
    load(tree);
  } catch (error) {
    return toRadTriageError(error).message;
  }
  throw new Error('the configuration was accepted');
}

const pacs = {
  name: 'pacs',
  kind: 'C-STORE',
  host: 'pacs.example',
  port: 104,
  calledAe: 'PACS',
  send: ['sr'],
};
const web = { name: 'web', kind: 'STOW-RS', url: 'https://pacs.example/dicom-web', send: ['sr'] };

describe('configuration of destinations', () => {
  it('fills in what a short entry leaves out', () => {
    const [first, second] = load({ destinations: [pacs, web] }).destinations;
    expect(first).toMatchObject({
      tls: false,
      storageCommitment: false,
      giveUpHours: 72,
      timeouts: { connectSeconds: 15, responseSeconds: 60 },
      when: [{ flaggedOnly: false, verifiedOnly: false }],
    });
    expect(second).toMatchObject({ kind: 'STOW-RS', allowPrivate: false });
  });

  it('has no destination unless told of one', () => {
    expect(load({}).destinations).toEqual([]);
  });

  it('tells all faults of values at once, each with its place', () => {
    const message = faultsOf({
      destinations: [
        { ...pacs, name: 'The PACS', port: 0, calledAe: 'A title that is too long' },
        { ...web, send: [], url: 'ftp://pacs.example', when: [{ priorityAtLeast: 'soon' }] },
        { ...web, networks: ['10.0.0.0/33', 'pacs.example'] },
      ],
    });
    for (const part of [
      'destinations.0.name: a name is made of a to z, 0 to 9 and -',
      'destinations.0.port',
      'destinations.0.calledAe',
      'destinations.1.send: say which kinds of results it gets',
      'destinations.1.url',
      'destinations.1.when.0.priorityAtLeast',
      'destinations.2.networks.0: an IP address, or a network such as 10.1.0.0/16',
      'destinations.2.networks.1',
    ]) {
      expect(message).toContain(part);
    }
  });

  it('tells all faults between values at once', () => {
    const message = faultsOf({
      dicom: { peers: [{ aeTitle: 'MODALITY' }] },
      destinations: [
        { ...pacs, tls: true, storageCommitment: true },
        { ...pacs, tls: { caFile: '/ca.pem', certFile: '/cert.pem' } },
        { ...web, url: 'http://user:word@pacs.example/dicom-web?x=1' },
      ],
    });
    for (const part of [
      'pacs: tls: true needs dicom.tls with a caFile',
      'pacs: storageCommitment: PACS is not among dicom.peers',
      'pacs: the name is taken',
      'pacs: tls.certFile and tls.keyFile go together',
      'web: url: plain http only with allowPrivate',
      'web: url: a password belongs in auth',
      'web: url: without ? and #',
    ]) {
      expect(message).toContain(part);
    }
  });

  it('takes a secret from a file or a variable, never from itself', () => {
    const auth = (bearer: unknown) => ({ destinations: [{ ...web, auth: { bearer } }] });
    expect(load(auth({ variable: 'PACS_TOKEN' })).destinations).toHaveLength(1);
    expect(load(auth({ file: '/run/secrets/token' })).destinations).toHaveLength(1);
    for (const wrong of [
      'secret',
      {},
      { variable: 'A', file: '/b' },
      { variable: 'RADTRIAGE_X' },
    ]) {
      expect(faultsOf(auth(wrong))).toContain('destinations.0.auth');
    }
  });

  it('takes plain http where the addresses are stated', () => {
    const url = 'http://10.1.2.3:8042/dicom-web';
    const named = { ...web, url, networks: ['10.1.0.0/16', '::1'] };
    expect(load({ destinations: [named] }).destinations).toHaveLength(1);
    const flagged = { ...web, url, allowPrivate: true };
    expect(load({ destinations: [flagged] }).destinations).toHaveLength(1);
  });
});
