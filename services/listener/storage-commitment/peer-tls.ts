import { type ConnectionOptions, checkServerIdentity, type PeerCertificate } from 'node:tls';
import type { Config } from '#platform/config/config.ts';
import { readTlsFiles } from '../read-tls-files.ts';

type Peer = Config['dicom']['peers'][number];

/**
 * How to reach the door of a peer over TLS (PS3.15 B.12): with our own certificate, and only when the peer shows one
 * that the authority has signed: that of its entry where it names one, else one for the host that is called.
 * @throws RadTriageError CONFIG_INVALID when a file cannot be read
 */
export async function tlsToPeer(
  { certificate }: Peer,
  ours: NonNullable<Config['dicom']['tls']>,
): Promise<ConnectionOptions> {
  const { key, cert, ca } = await readTlsFiles(ours);
  return {
    ...{ key, cert },
    ...(ca === undefined ? {} : { ca }),
    checkServerIdentity: (host, shown) =>
      certificate === undefined ? checkServerIdentity(host, shown) : judge(certificate, shown),
  };
}

function judge(
  wanted: NonNullable<Peer['certificate']>,
  shown: PeerCertificate,
): Error | undefined {
  const fingerprint = shown.fingerprint256.replaceAll(':', '').toLowerCase();
  const alternatives = (shown.subjectaltname ?? '').split(', ');
  const names = [
    ...[shown.subject.CN].flat(),
    ...alternatives.map((name) => name.slice(name.indexOf(':') + 1)),
  ];
  const isTheirs =
    wanted.sha256 === undefined
      ? wanted.name !== undefined && names.includes(wanted.name)
      : wanted.sha256 === fingerprint;
  return isTheirs ? undefined : new Error('the peer shows another certificate than the one listed');
}
