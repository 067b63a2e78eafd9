import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { peerPath } from './peers.ts';

export interface Certified {
  readonly keyFile: string;
  readonly certFile: string;
  /** SHA-256, hexadecimal with colons, as openssl prints it. */
  readonly fingerprint: string;
}

interface Wanted {
  readonly name: string;
  /** Days from now; negative for one that has run out. */
  readonly days?: number;
  /** Alternative names, such as `DNS:a.example`. */
  readonly names?: readonly string[];
  /** One DNS name, taken as it is. */
  readonly wholeName?: string;
  readonly rsaBits?: number;
}

function openssl(args: readonly string[]): void {
  execFileSync(peerPath('openssl'), args, { stdio: 'ignore' });
}

function describe(folder: string, name: string): Certified {
  const certFile = join(folder, `${name}.crt`);
  const fingerprint = new X509Certificate(readFileSync(certFile)).fingerprint256;
  return { keyFile: join(folder, `${name}.key`), certFile, fingerprint };
}

function keyArguments(rsaBits: number | undefined): string[] {
  return rsaBits === undefined
    ? ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    : ['-newkey', `rsa:${rsaBits}`, '-nodes'];
}

/** A certificate that nobody else has signed. */
export function selfSigned(folder: string, name: string): Certified {
  openssl([
    ...['req', '-x509', ...keyArguments(undefined), '-days', '2', '-subj', `/CN=${name}`],
    ...['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.crt`)],
  ]);
  return describe(folder, name);
}

/** An authority of its own, and certificates signed by it. */
export class TestAuthority {
  readonly caFile: string;
  readonly #folder: string;
  readonly #own: Certified;

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#own = selfSigned(folder, name);
    this.caFile = this.#own.certFile;
  }

  issue({ name, days = 2, names = [], wholeName, rsaBits }: Wanted): Certified {
    const file = (ending: string): string => join(this.#folder, `${name}.${ending}`);
    openssl([
      ...['req', '-new', ...keyArguments(rsaBits), '-subj', `/CN=${name}`],
      ...['-keyout', file('key'), '-out', file('csr')],
    ]);
    const plain = names.length === 0 ? '' : `subjectAltName=${names.join(',')}\n`;
    const extensions =
      wholeName === undefined ? plain : `subjectAltName=@names\n[names]\nDNS.1=${wholeName}\n`;
    writeFileSync(file('ext'), `basicConstraints=CA:FALSE\n${extensions}`);
    openssl([
      ...['x509', '-req', '-in', file('csr'), '-out', file('crt'), '-days', String(days)],
      ...['-CA', this.#own.certFile, '-CAkey', this.#own.keyFile, '-CAcreateserial'],
      ...['-extfile', file('ext'), '-sha256'],
    ]);
    return describe(this.#folder, name);
  }
}
