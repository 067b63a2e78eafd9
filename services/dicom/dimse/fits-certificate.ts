import type { PeerCertificate } from './tls-server.ts';

/** What a peer has to show: one of these. */
export interface CertificateRule {
  /** Fingerprint, 64 hexadecimal digits in lower case. */
  readonly sha256?: string | undefined;
  readonly name?: string | undefined;
}

/** Whether what a peer shows is what is asked of it; without a rule anything is. */
export function fitsCertificate(
  wanted: CertificateRule | undefined,
  shown: PeerCertificate | undefined,
): boolean {
  if (wanted === undefined) return true;
  if (shown === undefined) return false;
  return wanted.sha256 === undefined
    ? wanted.name !== undefined && shown.names.includes(wanted.name)
    : wanted.sha256 === shown.fingerprint;
}
