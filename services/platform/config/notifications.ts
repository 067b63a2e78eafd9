import { z } from 'zod';
import { PRIORITIES } from '#core/priority.ts';
import { network } from './network.ts';
import { secretSource } from './secret-source.ts';

const ruleName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,47}$/, 'small letters, digits and hyphens, 48 at most');
const words = z.array(z.string().min(1).max(100)).min(1);
const hostName = z
  .string()
  .min(1)
  .max(253)
  .transform((text) => text.toLowerCase());

/**
 * Which results are told of. What is given has all to be met; of a list one is enough. `findings` and `models` have to
 * be met by one and the same flagged label.
 */
const when = z
  .strictObject({
    /** Label ids, labels, or codes such as `SCT:36118008`, of which one is flagged. */
    findings: words.optional(),
    /** Model ids, of which one has flagged. */
    models: words.optional(),
    /** The study's priority, by its order or raised, is this or more urgent. */
    priorityAtLeast: z.enum(PRIORITIES).optional(),
    /** Something is flagged, whatever it is. There is no `false`: nothing is said of what is not flagged. */
    flagged: z.literal(true).optional(),
    modalities: words.optional(),
    sites: words.optional(),
  })
  .refine(
    ({ findings, models, priorityAtLeast, flagged }) =>
      [findings, models, priorityAtLeast, flagged].some((given) => given !== undefined),
    'at least one of findings, models, priorityAtLeast and flagged',
  );

const rule = z.strictObject({
  name: ruleName,
  /** Where it is sent to. */
  url: z.url({ protocol: /^https?$/ }),
  when,
  /** What requests are signed with, at least 16 characters; never in the configuration itself. */
  secret: secretSource,
  /** Authorities to trust beside those that Node brings, PEM. */
  caFile: z.string().min(1).optional(),
  /** Longest time of one try, from the look-up of the name to the last byte of the answer. */
  timeoutSeconds: z.number().min(0.05).max(120).default(10),
  /** Pause after the first failure; it doubles from try to try, up to ten minutes. */
  retrySeconds: z.number().positive().max(600).default(5),
  giveUpHours: z
    .number()
    .positive()
    .max(24 * 30)
    .default(24),
  /** An answer that says who acknowledged counts, as a click of a radiologist does. */
  receiverMayAcknowledge: z.boolean().default(false),
});

/** Messages that go out by themselves when a result asks for it: a webhook for each rule (docs/notifications.md). */
export const notifications = z
  .strictObject({
    /** Where readers reach our page, for the link in a message. */
    pageUrl: z.url({ protocol: /^https?$/ }).optional(),
    /** Receivers that may be reached without TLS. */
    plainHttpHosts: z.array(hostName).default([]),
    /** Receivers that may stand at a loopback or private address. */
    innerHosts: z.array(hostName).default([]),
    /** Inner addresses that any receiver may stand at; these alone may be link-local. */
    innerNetworks: z.array(network).default([]),
    rules: z.array(rule).default([]),
  })
  .prefault({});

type NotificationSettings = z.output<typeof notifications>;
export type NotificationRule = NotificationSettings['rules'][number];

/** The host that a URL names, as its parser understood it: in small letters, an IPv6 address without brackets. */
export function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Faults of the notifications that no single value shows. */
export function checkNotifications(settings: NotificationSettings): string[] {
  const { rules, pageUrl, plainHttpHosts } = settings;
  const faults: string[] = [];
  if (rules.length > 0 && pageUrl === undefined) {
    faults.push('notifications.pageUrl: needed for the links in notifications');
  }
  const names = new Set<string>();
  for (const { name, url } of rules) {
    const say = (fault: string) => faults.push(`notifications.rules: ${name} ${fault}`);
    if (names.has(name)) say('is there twice');
    names.add(name);
    const { protocol, username, password } = new URL(url);
    const host = hostOf(url);
    if (protocol === 'http:' && !plainHttpHosts.includes(host)) {
      say(`goes over plain http, and ${host} is not among plainHttpHosts`);
    }
    if (username !== '' || password !== '') say('has a name or password in its url');
  }
  return faults;
}
