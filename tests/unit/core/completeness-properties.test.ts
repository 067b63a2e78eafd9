import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decideCompleteness } from '#core/completeness/decide.ts';
import type { SignalEvidence } from '#core/completeness/evidence.ts';
import { findRule } from '#core/completeness/match-rule.ts';
import type { CompletenessRules } from '#core/completeness/rule.ts';
import { evidenceOf, rulesOf, signalOf, type TestImage } from '#tests/support/completeness.ts';
import { propertyRun } from '#tests/support/property-run.ts';

const RULES = rulesOf(`
id: properties
version: "1"
defaults: { longestWaitMinutes: 5 }
rules:
  - { name: mg, match: { modality: MG }, demand: { views: [R CC, L CC] }, quietSeconds: 90, longestWaitMinutes: 3 }
  - name: thin
    match: { seriesDescription: "*thin*" }
    demand: { imagesFrom: [ImagesInAcquisition], contiguousNumbers: true }
    settleSeconds: 2
    graceSeconds: 4
  - { name: gate, match: { callingAe: GATE }, signals: { associationReleased: true } }
  - { name: twenty, match: { modality: CT }, demand: { images: 20 }, signals: { mpps: false } }
`);
const QUIET_SECONDS = 30;

const image: fc.Arbitrary<TestImage> = fc.record(
  {
    seriesInstanceUid: fc.constantFrom('1.1', '1.2'),
    modality: fc.constantFrom('CT', 'MG', 'MR'),
    seriesDescription: fc.constantFrom('thin axial', 'scout'),
    callingAe: fc.constantFrom('GATE', 'CT1'),
    view: fc.constantFrom('CC', 'MLO'),
    laterality: fc.constantFrom('L', 'R'),
    acquisitionNumber: fc.integer({ min: 1, max: 2 }),
    imagesInAcquisition: fc.integer({ min: 1, max: 6 }),
    number: fc.integer({ min: 0, max: 30 }),
  },
  { requiredKeys: ['seriesInstanceUid'] },
);

const signal: fc.Arbitrary<Partial<SignalEvidence>> = fc.record({
  kind: fc.constantFrom(
    'association-released' as const,
    'instance-availability' as const,
    'mpps-completed' as const,
    'mpps-discontinued' as const,
  ),
  named: fc.option(
    fc.record({
      expected: fc.integer({ min: 0, max: 30 }),
      present: fc.integer({ min: 0, max: 30 }),
    }),
    { nil: undefined },
  ),
  imagesThen: fc.integer({ min: 0, max: 30 }),
  isNew: fc.boolean(),
});

type Event = { readonly at: number } & (
  | { readonly image: TestImage }
  | { readonly signal: Partial<SignalEvidence> }
);
const at = fc.integer({ min: 0, max: 400_000 });
const events: fc.Arbitrary<Event[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ at, image }) },
    { weight: 1, arbitrary: fc.record({ at, signal }) },
  ),
  { minLength: 1, maxLength: 40 },
);

interface Ended {
  readonly at: number;
  /** The latest that quiet and the longest wait allow for what had come. */
  readonly fallBack: number;
}

/** Plays a study's events on a perfect clock: the assembler looks at every event and whenever one is due. */
function play(rules: CompletenessRules, all: readonly Event[]): Ended | undefined {
  const first = Math.min(...all.flatMap((event) => ('image' in event ? [event.at] : [])));
  if (!Number.isFinite(first)) return undefined;
  const images: TestImage[] = [];
  const signals: SignalEvidence[] = [];
  let quietSince = first;
  let due = Number.POSITIVE_INFINITY;
  let fallBack = Number.POSITIVE_INFINITY;
  const isWhole = (now: number): boolean => {
    const evidence = evidenceOf(images, { signals });
    const decision = decideCompleteness(rules, evidence, {
      now,
      waitingSince: first,
      quietSince,
      quietSeconds: QUIET_SECONDS,
      demandsMetBefore: false,
    });
    const rule = findRule(rules, evidence);
    const quiet = quietSince + (rule.quietSeconds ?? QUIET_SECONDS) * 1_000;
    fallBack = Math.min(quiet, first + rule.longestWaitMinutes * 60_000);
    if (!decision.complete) due = decision.nextAt;
    return decision.complete;
  };
  for (const event of all.toSorted((a, b) => a.at - b.at)) {
    if (due <= event.at) return { at: due, fallBack };
    if ('image' in event) {
      images.push(event.image);
      quietSince = event.at;
    } else {
      signals.push(signalOf({ ...event.signal, key: signals.length + 1, receivedAt: event.at }));
    }
    if (images.length > 0 && isWhole(event.at)) return { at: event.at, fallBack };
  }
  expect(isWhole(due)).toBe(true);
  return { at: due, fallBack };
}

it('closes every study, whatever comes, at its fall-back at the latest', () => {
  fc.assert(
    fc.property(events, (all) => {
      const ended = play(RULES, all);
      if (ended === undefined) return;
      const first = Math.min(...all.flatMap((event) => ('image' in event ? [event.at] : [])));
      expect(ended.at).toBeLessThanOrEqual(Math.max(ended.fallBack, first));
      expect(ended.at - first).toBeLessThanOrEqual(5 * 60_000);
    }),
    propertyRun({ numRuns: 500 }),
  );
});

it('never waits longer for a signal more than it would without any', () => {
  const silent: CompletenessRules = {
    ...RULES,
    rules: RULES.rules.map((rule) => ({
      ...rule,
      demand: {},
      signals: { associationReleased: false, instanceAvailability: false, mpps: false },
    })),
  };
  fc.assert(
    fc.property(events, (all) => {
      const ended = play(RULES, all);
      const byTime = play(silent, all);
      if (ended === undefined || byTime === undefined) return;
      expect(ended.at).toBeLessThanOrEqual(byTime.at);
    }),
    propertyRun({ numRuns: 500 }),
  );
});

it('says the same of the same images and signals in whatever order they came', () => {
  const study = fc.record({
    images: fc.array(image, { minLength: 1, maxLength: 40 }),
    signals: fc.array(signal, { maxLength: 4 }),
    now: fc.integer({ min: 0, max: 400_000 }),
    seed: fc.integer(),
  });
  fc.assert(
    fc.property(study, ({ images, signals: given, now, seed }) => {
      const signals = given.map((one, index) => signalOf({ ...one, key: index + 1 }));
      const clock = {
        now,
        waitingSince: 0,
        quietSince: Math.floor(now / 2),
        quietSeconds: QUIET_SECONDS,
        demandsMetBefore: false,
      };
      const shuffle = <T>(list: readonly T[]): T[] =>
        list
          .map((item, index) => ({ item, rank: Math.imul(seed ^ index, 0x9e3779b1) }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ item }) => item);
      const inOrder = decideCompleteness(RULES, evidenceOf(images, { signals }), clock);
      const shuffled = evidenceOf(shuffle(images), { signals: shuffle(signals) });
      expect(decideCompleteness(RULES, shuffled, clock)).toEqual(inOrder);
    }),
    propertyRun({ numRuns: 500 }),
  );
});
