import { z } from 'zod';
import { PRIORITIES } from '#core/priority.ts';
import { RESULT_KINDS } from '#core/result-objects.ts';
import { aeTitle, peerCertificate } from './dicom-door.ts';
import { network } from './network.ts';
import { secretSource } from './secret-source.ts';

const names = z.array(z.string().min(1)).min(1);
const kinds = z.array(z.enum(RESULT_KINDS));

/** A study is this rule's when it fulfils everything the rule says; what a rule does not say is fulfilled. */
const deliveryRule = z.strictObject({
  modality: names.optional(),
  site: names.optional(),
  /** AE titles that the study came from. */
  callingAe: z.array(aeTitle).min(1).optional(),
  priorityAtLeast: z.enum(PRIORITIES).optional(),
  flaggedOnly: z.boolean().default(false),
  /** Only results that a radiologist has signed. */
  verifiedOnly: z.boolean().default(false),
  /** What to send of such a study, instead of the destination's `send`; an empty list for nothing. */
  send: kinds.optional(),
});

const seconds = (value: number) => z.number().positive().max(3_600).default(value);

const common = {
  name: z
    .string()
    .max(64)
    .regex(/^[a-z0-9-]+$/, 'a name is made of a to z, 0 to 9 and -'),
  send: kinds.min(1, 'say which kinds of results it gets'),
  /** Tried in order: the first that fits decides. Without rules it gets everything. */
  when: z.array(deliveryRule).default([{ flaggedOnly: false, verifiedOnly: false }]),
  timeouts: z
    .strictObject({ connectSeconds: seconds(15), responseSeconds: seconds(60) })
    .prefault({}),
  /** Pause before the second attempt; it doubles from attempt to attempt, up to ten minutes. */
  retrySeconds: z.number().positive().max(600).default(5),
  /** After this long, what is not sent becomes a dead letter. */
  giveUpHours: z.number().positive().default(72),
  /** As well after so many attempts at one object. Those that did not reach the destination do not count. */
  maxAttempts: z.number().int().min(1).optional(),
};

const ownTls = z.strictObject({
  /** Authorities whose certificates the destination may show. */
  caFile: z.string().min(1),
  /** Our own certificate, where it asks for one. */
  certFile: z.string().min(1).optional(),
  keyFile: z.string().min(1).optional(),
  /** The very certificate that it has to show, whatever name is in it. */
  certificate: peerCertificate.optional(),
});

const storeDestination = z.strictObject({
  ...common,
  kind: z.literal('C-STORE'),
  host: z.string().min(1),
  port: z.number().int().min(1).max(65_535),
  calledAe: aeTitle,
  /** Without it the first of `dicom.aeTitles`. */
  callingAe: aeTitle.optional(),
  /** `true`: with the files of `dicom.tls`. */
  tls: z.union([z.boolean(), ownTls]).default(false),
  /** Ask for its promise to keep what it took (PS3.4 annex J). */
  storageCommitment: z.boolean().default(false),
  /** After how long without an answer the promise is asked for again. */
  commitmentAnswerMinutes: z.number().positive().default(60),
});

const webDestination = z.strictObject({
  ...common,
  kind: z.literal('STOW-RS'),
  /** The DICOMweb service's root, to which /studies is added. */
  url: z.url({ protocol: /^https?$/ }),
  /** The only addresses that its host may have. */
  networks: z.array(network).min(1).optional(),
  /** Its host may have a loopback or private address, and plain http is good enough there. */
  allowPrivate: z.boolean().default(false),
  auth: z
    .union([
      z.strictObject({ bearer: secretSource }),
      z.strictObject({
        basic: z.strictObject({
          username: z.string().regex(/^[^:\p{Cc}]+$/u, 'a user name without colon'),
          password: secretSource,
        }),
      }),
    ])
    .optional(),
  tls: ownTls.optional(),
});

export const destinations = z
  .array(z.discriminatedUnion('kind', [storeDestination, webDestination]))
  .default([]);

export type Destination = z.output<typeof destinations>[number];
export type StoreDestination = z.output<typeof storeDestination>;
export type WebDestination = z.output<typeof webDestination>;
export type DeliveryRule = z.output<typeof deliveryRule>;

interface Surroundings {
  readonly destinations: readonly Destination[];
  readonly dicom: {
    readonly tls?: { readonly caFile?: string | undefined } | undefined;
    readonly peers: readonly { readonly aeTitle: string }[];
  };
}

/** Faults that no single value shows. */
export function checkDestinations({ destinations: all, dicom }: Surroundings): string[] {
  const faults: string[] = [];
  for (const [index, destination] of all.entries()) {
    const say = (what: string) => faults.push(`destinations: ${destination.name}: ${what}`);
    if (all.findIndex(({ name }) => name === destination.name) < index) say('the name is taken');
    const { tls } = destination;
    if (typeof tls === 'object' && (tls.certFile === undefined) !== (tls.keyFile === undefined)) {
      say('tls.certFile and tls.keyFile go together');
    }
    if (destination.kind === 'C-STORE') checkStore(destination, dicom, say);
    else checkWeb(destination, say);
  }
  return faults;
}

function checkStore(
  { tls, storageCommitment, calledAe }: StoreDestination,
  dicom: Surroundings['dicom'],
  say: (what: string) => void,
): void {
  if (tls === true && dicom.tls?.caFile === undefined) {
    say('tls: true needs dicom.tls with a caFile; or name files of its own');
  }
  const { peers } = dicom;
  const listed = peers.length === 0 || peers.some(({ aeTitle: title }) => title === calledAe);
  if (storageCommitment && !listed) {
    say(
      `storageCommitment: ${calledAe} is not among dicom.peers, and could not report what it keeps`,
    );
  }
}

function checkWeb(destination: WebDestination, say: (what: string) => void): void {
  const url = new URL(destination.url);
  if (url.protocol === 'http:' && !destination.allowPrivate && destination.networks === undefined) {
    say('url: plain http only with allowPrivate, or with networks that name its addresses');
  }
  if (url.protocol === 'http:' && destination.tls !== undefined) say('tls: the url is plain http');
  if (url.username !== '' || url.password !== '') say('url: a password belongs in auth');
  if (url.search !== '' || url.hash !== '') say('url: without ? and #');
}
