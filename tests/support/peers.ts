import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs that the tests talk to, and the Debian package that installs each. */
export const PEER_PACKAGES: Readonly<Record<string, string>> = {
  storescu: 'dcmtk',
  storescp: 'dcmtk',
  echoscu: 'dcmtk',
  dcmqrscp: 'dcmtk',
  dcmdump: 'dcmtk',
  dcmdjpeg: 'dcmtk',
  dcmdjpls: 'dcmtk',
  dcmdrle: 'dcmtk',
  dcmconv: 'dcmtk',
  dcm2json: 'dcmtk',
  dcmcjpeg: 'dcmtk',
  dcmcjpls: 'dcmtk',
  dcmcrle: 'dcmtk',
  dsrdump: 'dcmtk',
  dsr2html: 'dcmtk',
  dcmpschk: 'dcmtk',
  dcmp2pgm: 'dcmtk',
  dciodvfy: 'dicom3tools',
  dcentvfy: 'dicom3tools',
  gdcmconv: 'libgdcm-tools',
  Orthanc: 'orthanc',
  'libOrthancDicomWeb.so': 'orthanc-dicomweb',
  curl: 'curl',
  'redis-server': 'redis-server',
  postgres: 'postgresql',
  chromium: 'chromium',
  strace: 'strace',
  openssl: 'openssl',
};

const EXTRA_DIRECTORIES = [
  '/usr/sbin',
  '/usr/lib/postgresql/15/bin',
  '/usr/lib/postgresql/17/bin',
  '/usr/share/orthanc/plugins',
];

/** Where a peer's program is, or undefined when it is not installed. */
export function findPeer(name: string): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), ...EXTRA_DIRECTORIES];
  return directories.map((directory) => join(directory, name)).find((path) => existsSync(path));
}

/**
 * For `describe.skipIf(missingPeer('storescu'))`: true when a suite must be skipped, after saying by name what is
 * missing and how to install it. With RADTRIAGE_REQUIRE_PEERS=1 a missing peer is a failure.
 */
export function missingPeer(...names: string[]): boolean {
  const missing = names.filter((name) => findPeer(name) === undefined);
  if (missing.length === 0) return false;
  const packages = [...new Set(missing.map((name) => PEER_PACKAGES[name] ?? name))].join(' ');
  const message = `peer missing: ${missing.join(', ')} (install: apt-get install ${packages})`;
  if (process.env['RADTRIAGE_REQUIRE_PEERS'] === '1') throw new Error(message);
  process.stderr.write(`SKIPPED, ${message}\n`);
  return true;
}

/** The path of a peer that `missingPeer` has found to be there. */
export function peerPath(name: string): string {
  const path = findPeer(name);
  if (path === undefined) throw new Error(`peer missing: ${name}`);
  return path;
}
