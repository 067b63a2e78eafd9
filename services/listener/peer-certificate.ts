import type { ConnectionOptions } from 'node:tls';
import { fitsCertificate } from '#dicom/dimse/fits-certificate.ts';
import { contextOptions, describeCertificate } from '#dicom/dimse/tls-server.ts';
import type { Config } from '#platform/config/config.ts';
import { readTlsFiles } from './read-tls-files.ts';

type DicomConfig = Config['dicom'];
type CertificateRule = DicomConfig['peers'][number]['certificate'];

/**
 * TLS to a peer's own door: with our certificate, and a peer that shows one of our authorities; the very one of its
 * rule where it has one, else one for the host that is called.
 * @throws RadTriageError CONFIG_INVALID when a file cannot be read
 */
export async function tlsToPeer(
  tls: NonNullable<DicomConfig['tls']>,
  wanted: CertificateRule,
): Promise<ConnectionOptions> {
  const options = contextOptions(await readTlsFiles(tls));
  if (wanted === undefined) return options;
  return {
    ...options,
    checkServerIdentity: (_host, certificate) =>
      fitsCertificate(wanted, describeCertificate(certificate))
        ? undefined
        : new Error('the peer shows another certificate than the one listed'),
  };
}
