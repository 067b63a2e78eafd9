import { z } from 'zod';
import { optionalPort, peerCertificate } from './dicom-door.ts';
import { network } from './network.ts';

/** `OBR-18`, or a component of a field: `OBR-3.1`. */
const place = z
  .string()
  .regex(/^(ORC|OBR)-[1-9]\d?(\.[1-9]\d?)?$/, 'a field of ORC or OBR, such as OBR-18 or OBR-3.1');

/** One name, or several. */
const names = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .transform((name) => [name].flat());

/** A system that tells of reports. */
const sender = z.strictObject({
  /** What readers and the audit log call it. */
  name: z
    .string()
    .regex(/^[\w .-]{1,24}$/, 'letters, digits, blanks, dots and hyphens, 24 at most'),
  /** From where it may connect; there is no default. */
  addresses: z.array(network).min(1),
  /** What its messages have to bear in MSH-3 and in MSH-4: one of these, letter for letter. */
  sendingApplication: names.optional(),
  sendingFacility: names.optional(),
  /** It may only come over TLS, with this certificate. */
  certificate: peerCertificate.optional(),
  /** Where it writes the accession number. */
  accessionNumber: place.default('OBR-18'),
  /** Accession numbers are unique within one site only: studies of others are left alone. */
  site: z.string().min(1).optional(),
  /** Who issues the ids of PID-3 that name no assigning authority. */
  issuerOfPatientId: z.string().min(1).optional(),
  /** What an assigning authority of PID-3 is called in the images (0010,0021). */
  issuers: z.record(z.string(), z.string().min(1)).default({}),
  /** ORM and OMG with ORC-5 CM. At most sites that says that the images are taken: off. */
  completedOrderMeansReported: z.boolean().default(false),
  /** Of messages whose MSH-18 is empty (HL7 table 0211). */
  characterSet: z.string().default('UNICODE UTF-8'),
});

/** The door for HL7 v2 messages over MLLP (docs/reported-elsewhere.md). Off without a port. */
export const hl7 = z
  .strictObject({
    host: z.string().default('127.0.0.1'),
    /** 2575 is registered for HL7. */
    port: optionalPort.default(null),
    /** The port then speaks TLS alone. */
    tls: z
      .strictObject({
        keyFile: z.string().min(1),
        certFile: z.string().min(1),
        /** Authorities whose certificates senders have to show. */
        caFile: z.string().min(1).optional(),
      })
      .optional(),
    senders: z.array(sender).default([]),
    /** Days for which a report waits for a study that has not come, over HL7 and over HTTP. */
    waitForStudyDays: z.coerce.number().min(0.01).max(365).default(7),
    maxConnections: z.coerce.number().int().min(1).default(16),
    maxMessageBytes: z.coerce
      .number()
      .int()
      .min(1_024)
      .default(1024 ** 2),
    /** A message that has begun has to end within this time. */
    stallSeconds: z.coerce.number().min(0.05).default(30),
  })
  .prefault({});

export type Hl7Config = z.output<typeof hl7>;
export type Hl7Sender = Hl7Config['senders'][number];

export function checkHl7({ port, senders, tls }: Hl7Config): string[] {
  const faults: string[] = [];
  if (port !== null && senders.length === 0) {
    faults.push('hl7.senders: whoever may send has to be listed, with its addresses');
  }
  const names = senders.map(({ name }) => name);
  if (new Set(names).size < names.length) faults.push('hl7.senders: two of one name');
  for (const { name, certificate } of senders) {
    if (certificate !== undefined && tls?.caFile === undefined) {
      faults.push(`hl7.senders: the certificate of ${name} needs hl7.tls with a caFile`);
    }
  }
  return faults;
}
