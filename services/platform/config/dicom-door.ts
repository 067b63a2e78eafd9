import { z } from 'zod';

/** AE title, PS3.5 6.2: up to 16 printable characters of ASCII, no backslash. Spaces at its ends do not count. */
export const aeTitle = z
  .string()
  .trim()
  .min(1)
  .max(16)
  .regex(/^[\x20-\x5b\x5d-\x7e]+$/, 'an AE title is made of printable ASCII without backslash');

const port = z.coerce.number().int().min(0).max(65_535);

/** `off`, or null in the file, for no such port. */
export const optionalPort = z.union([z.null(), z.literal('off').transform(() => null), port]);

export const uid = z
  .string()
  .max(64)
  .regex(/^[0-9]+(\.[0-9]+)*$/, 'no UID');

/** TLS of PS3.15 B.12, on a port of its own. */
export const tlsSection = z.strictObject({
  /** 2762 is registered for DICOM over TLS (PS3.8 9.1.1). */
  port: port.default(2_762),
  keyFile: z.string().min(1),
  certFile: z.string().min(1),
  /** Authorities whose certificates peers may show. */
  caFile: z.string().min(1).optional(),
  /** Whether a peer without a certificate is refused; so it is wherever there is a `caFile`, unless told otherwise. */
  requireClientCertificate: z.boolean().optional(),
});

/** What a peer has to show over TLS: one of these. */
export const peerCertificate = z
  .strictObject({
    /** SHA-256 fingerprint, in hexadecimal digits, with or without colons. */
    sha256: z
      .string()
      .transform((text) => text.replaceAll(':', '').toLowerCase())
      .pipe(z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 fingerprint has 64 hexadecimal digits'))
      .optional(),
    /** Common name of the subject, or a DNS name, IP address, URI or e-mail address of the alternative names. */
    name: z.string().min(1).optional(),
  })
  .refine(({ sha256, name }) => (sha256 === undefined) !== (name === undefined), {
    message: 'either sha256 or name',
  });

/** Who a peer has to say to be (PS3.7 D.3.3.7). */
export const peerUserIdentity = z.strictObject({
  username: z.string().min(1).max(256),
  /** As `radtriage passcode` prints it; without it the name alone will do. */
  passcodeHash: z
    .string()
    .regex(/^scrypt(\$\d{1,2}){3}(\$[\w-]+){2}$/, 'make it with: radtriage passcode')
    .optional(),
});

/** The parts of the configuration that the rules below look at together. */
interface DoorConfig {
  readonly port: number | null;
  readonly tls?: z.output<typeof tlsSection> | undefined;
  readonly peers: readonly { readonly aeTitle: string; readonly certificate?: unknown }[];
}

/** Faults of the DICOM door that no single value shows. */
export function checkDoor({ port: plain, tls, peers }: DoorConfig): string[] {
  const faults: string[] = [];
  if (plain === null && tls === undefined) {
    faults.push('dicom.port: it may only be off where dicom.tls opens another');
  }
  if (tls !== undefined && plain !== null && plain !== 0 && tls.port === plain) {
    faults.push('dicom.tls.port: TLS needs a port of its own');
  }
  if (tls?.requireClientCertificate === true && tls.caFile === undefined) {
    faults.push('dicom.tls.caFile: needed to tell which client certificates are good');
  }
  for (const { aeTitle: title, certificate } of peers) {
    if (certificate !== undefined && tls?.caFile === undefined) {
      faults.push(`dicom.peers: the certificate of ${title} needs dicom.tls with a caFile`);
    }
  }
  return faults;
}
