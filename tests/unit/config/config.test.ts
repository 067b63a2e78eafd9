import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import { loadConfig, quietSecondsFor, toEnvironment } from '#platform/config/config.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function configFile(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'radtriage-config-'));
  folders.push(folder);
  const path = join(folder, 'radtriage.yaml');
  writeFileSync(path, content);
  return path;
}

function faultsOf(environment: Record<string, string>): string {
  try {
    loadConfig({ environment });
  } catch (error) {
    expect(error).toBeInstanceOf(RadTriageError);
    if (error instanceof RadTriageError) {
      expect(error.code).toBe('CONFIG_INVALID');
      return error.message;
    }
  }
  throw new Error('the configuration was accepted');
}

describe('configuration', () => {
  it('stays on loopback and in a local folder when nothing is said', () => {
    const config = loadConfig({ environment: {} });
    expect(config.dicom.host).toBe('127.0.0.1');
    expect(config.http.host).toBe('127.0.0.1');
    expect(config.assembly.studyAgeLimitDays).toBeUndefined();
    expect(Object.isFrozen(config.dicom)).toBe(true);
  });

  it('reports all faults together', () => {
    const message = faultsOf({
      RADTRIAGE_DICOM_PORT: 'seventy',
      RADTRIAGE_LOG_LEVEL: 'loud',
      RADTRIAGE_ADMIN_TOKEN: 'short',
      RADTRIAGE_TYPO: '1',
    });
    for (const part of ['dicom.port', 'logLevel', 'adminToken', 'RADTRIAGE_TYPO']) {
      expect(message).toContain(part);
    }
  });

  it('refuses links that run something, go anywhere, or are not closed', () => {
    const file = configFile(`
links:
  - { name: PACS, url: 'https://pacs/{studyInstanceUid}' }
  - { name: PACS, url: 'javascript:alert(1)' }
  - { name: RIS, url: 'myris:{accessionNumber}' }
linkSchemes: [javascript]
`);
    const message = faultsOf({ RADTRIAGE_CONFIG: file });
    expect(message).toMatch(/3 fault/);
    for (const part of ['javascript: is never', 'myris: is not among', 'two of one name']) {
      expect(message).toContain(part);
    }
    const sound = configFile(
      "links: [{ name: RIS, url: 'myris:{patientId}' }]\nlinkSchemes: [myris]",
    );
    const config = loadConfig({ environment: { RADTRIAGE_CONFIG: sound } });
    expect(config.links).toEqual([{ name: 'RIS', url: 'myris:{patientId}' }]);
  });

  it('takes the command line over the environment over the file', () => {
    const file = configFile(
      'site: file\nreadingMode: triage-only\ndicom: {port: 1, aeTitles: [A, B]}\n',
    );
    const environment = {
      RADTRIAGE_CONFIG: file,
      RADTRIAGE_SITE: 'environment',
      RADTRIAGE_DICOM_PORT: '2',
    };
    const config = loadConfig({ environment, overrides: { dicom: { port: 3 } } });
    expect(config.site).toBe('environment');
    expect(config.dicom.port).toBe(3);
    expect(config.dicom.aeTitles).toEqual(['A', 'B']);
    expect(config.readingMode).toBe('triage-only');
  });

  it('takes all, none or a share of the studies to be read blind first', () => {
    const taken = (value: string) =>
      loadConfig({ environment: { RADTRIAGE_BLIND_FIRST: value } }).blindFirst;
    expect(['off', 'site', '0.25', '1'].map(taken)).toEqual(['off', 'site', 0.25, 1]);
    expect(loadConfig({ environment: {} }).blindFirst).toBe('off');
    for (const wrong of ['all', '1.5', '-1', '20%']) {
      expect(faultsOf({ RADTRIAGE_BLIND_FIRST: wrong })).toContain('blindFirst');
    }
  });

  it('refuses another address for DICOM without an AE list', () => {
    expect(faultsOf({ RADTRIAGE_DICOM_HOST: '0.0.0.0' })).toContain('dicom.peers');
  });

  it('refuses DIMSE services for AE titles that cannot associate, and promises to nobody', () => {
    const file = configFile(
      'dicom: {peers: [{aeTitle: MODALITY1, host: 10.0.0.1, tls: true}], services: {mpps: [MODALITY2]}}',
    );
    const faults = faultsOf({ RADTRIAGE_CONFIG: file });
    expect(faults).toContain('services.mpps: MODALITY2 is not among dicom.peers');
    expect(faults).toContain('host and port of MODALITY1 go together');
    expect(faults).toContain('tls of MODALITY1 needs dicom.tls');
    const promise = configFile('dicom: {storageCommitment: {enabled: true}}');
    expect(faultsOf({ RADTRIAGE_CONFIG: promise })).toContain('dicom.storageCommitment');
    expect(loadConfig({ environment: {} }).dicom.storageCommitment.enabled).toBe(false);
  });

  it('refuses another address for the page without TLS, unless a proxy is declared', () => {
    expect(faultsOf({ RADTRIAGE_HTTP_HOST: '0.0.0.0' })).toContain('tlsCertFile');
    const environment = { RADTRIAGE_HTTP_HOST: '0.0.0.0', RADTRIAGE_TRUST_PROXY: 'true' };
    expect(loadConfig({ environment }).http.trustProxy).toBe(true);
  });

  it('takes TLS for DICOM beside the plain port or alone, and names what does not fit together', () => {
    const tls = '{keyFile: k, certFile: c}';
    const alone = configFile(`dicom: {port: off, tls: ${tls}}\n`);
    const config = loadConfig({ environment: { RADTRIAGE_CONFIG: alone } });
    expect(config.dicom.port).toBeNull();
    expect(config.dicom.tls).toEqual({ port: 2762, keyFile: 'k', certFile: 'c' });
    const environment = { RADTRIAGE_CONFIG: alone, ...toEnvironment(config) };
    expect(loadConfig({ environment })).toEqual(config);
    const faults = faultsOf({
      RADTRIAGE_CONFIG: configFile(
        [
          'dicom:',
          '  port: 2762',
          '  tls: {keyFile: k, certFile: c, requireClientCertificate: true}',
          '  peers: [{aeTitle: CT1, certificate: {name: ct1}}]',
        ].join('\n'),
      ),
    });
    expect(faults).toContain('dicom.tls.port');
    expect(faults).toContain('dicom.tls.caFile');
    expect(faults).toContain('certificate of CT1');
    expect(faultsOf({ RADTRIAGE_DICOM_PORT: 'off' })).toContain('dicom.port');
  });

  it('refuses a title, a fingerprint, a hash and a class that can be none', () => {
    const faults = faultsOf({
      RADTRIAGE_CONFIG: configFile(
        [
          'dicom:',
          '  moreStorageClasses: [1.2.x]',
          '  peers:',
          '    - {aeTitle: "CÔTÉ"}',
          '    - {aeTitle: A, certificate: {sha256: "00:11"}}',
          '    - {aeTitle: B, certificate: {sha256: "00", name: b}}',
          '    - {aeTitle: C, userIdentity: {username: c, passcodeHash: secret}}',
        ].join('\n'),
      ),
    });
    expect(faults).toContain('moreStorageClasses');
    expect(faults).toContain('printable ASCII');
    expect(faults).toContain('64 hexadecimal digits');
    expect(faults).toContain('either sha256 or name');
    expect(faults).toContain('radtriage passcode');
    expect(faults).not.toContain('secret');
  });

  it('names a missing or unreadable file, and an unknown key in it', () => {
    expect(faultsOf({ RADTRIAGE_CONFIG: '/nonexistent.yaml' })).toContain('does not exist');
    expect(faultsOf({ RADTRIAGE_CONFIG: configFile('{') })).toContain('radtriage.yaml');
    expect(faultsOf({ RADTRIAGE_CONFIG: configFile('dicom: {prot: 1}') })).toContain('prot');
  });

  it('gives a child process the same configuration through its environment', () => {
    const overrides = { site: 'S', dicom: { aeTitles: ['A', 'B'] }, http: { port: 0 } };
    const config = loadConfig({ environment: {}, overrides });
    expect(loadConfig({ environment: toEnvironment(config) })).toEqual(config);
  });

  it('gives each modality its quiet time, which one setting overrides', () => {
    const config = loadConfig({ environment: {} });
    expect(quietSecondsFor(config, 'CR')).toBe(5);
    expect(quietSecondsFor(config, 'DX')).toBe(5);
    expect(quietSecondsFor(config, 'CT')).toBeGreaterThan(5);
    expect(quietSecondsFor(config, undefined)).toBeGreaterThan(5);
    const overridden = loadConfig({ environment: { RADTRIAGE_QUIET_SECONDS: '0.5' } });
    expect(quietSecondsFor(overridden, 'CT')).toBe(0.5);
  });
});
