import { describe, expect, it } from 'vitest';
import { decideCompleteness, type StudyClock } from '#core/completeness/decide.ts';
import { mergeRuns, viewName } from '#core/completeness/evidence.ts';
import { matchesGlob } from '#core/completeness/glob.ts';
import { findRule } from '#core/completeness/match-rule.ts';
import { evidenceOf, rulesOf, signalOf, type TestImage } from '#tests/support/completeness.ts';

const SECOND = 1_000;
const clock = (over: Partial<StudyClock> = {}): StudyClock => ({
  now: 1 * SECOND,
  waitingSince: 0,
  quietSince: 0,
  quietSeconds: 30,
  demandsMetBefore: false,
  ...over,
});

const plain = rulesOf('{ id: plain, version: "1" }');
const demanding = (rule: string) => rulesOf(`{ id: t, version: "1", rules: [${rule}] }`);

const images = (count: number, over: TestImage = {}): TestImage[] =>
  Array.from({ length: count }, (_, index) => ({ number: index + 1, ...over }));

describe('globs', () => {
  it.each([
    ['CHEST*', 'Chest PA', true],
    ['CHEST', 'CHEST PA', false],
    ['*chest*', 'CT THORAX/CHEST 1MM', true],
    ['T2?TSE', 't2_tse', true],
    ['T2?TSE', 't2tse', false],
    ['*', '', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['[a-z]+', '[a-z]+', true],
    ['(a+)+$', 'aaaa', false],
  ])('%s fits %s: %s', (pattern, value, fits) => {
    expect(matchesGlob(pattern, value)).toBe(fits);
  });

  it('cannot be made to hang', () => {
    const started = performance.now();
    expect(matchesGlob(`${'*a'.repeat(60)}b`, 'a'.repeat(10_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

it('names views by their code, of either scheme, before their free text', () => {
  expect(viewName('399162004', 'SOMETHING')).toBe('CC');
  expect(viewName('R-10226', null)).toBe('MLO');
  expect(viewName('272479007', undefined)).toBe('PA');
  expect(viewName('0815', ' pa ')).toBe('PA');
  expect(viewName(null, '')).toBeUndefined();
});

it('joins runs of numbers', () => {
  expect(
    mergeRuns([
      [[5, 6]],
      [[1, 2]],
      [
        [3, 3],
        [6, 9],
      ],
    ]),
  ).toEqual([
    [1, 3],
    [5, 9],
  ]);
  const shuffled = [3, 1, 2, 7, 6, 2, 10].map((number) => ({ number }));
  expect(evidenceOf(shuffled).groups[0]?.numbers).toEqual([
    [1, 3],
    [6, 7],
    [10, 10],
  ]);
});

describe('which rule', () => {
  const rules = rulesOf(`
id: t
version: "1"
rules:
  - { name: screening, match: { modality: MG, studyDescription: ["*screen*", "*prevent*"] } }
  - { name: thin chest, match: { modality: CT, bodyPart: [CHEST, THORAX], seriesDescription: "*1mm*" } }
  - { name: of gate, match: { callingAe: GATE*, site: North } }
`);
  const ruleOf = (image: TestImage, over = {}) => findRule(rules, evidenceOf([image], over)).name;

  it.each([
    ['screening', { modality: 'MG' }, { studyDescription: 'Mammo Screening' }],
    ['otherwise', { modality: 'MG' }, { studyDescription: 'Mammo clinical' }],
    ['otherwise', { modality: 'MG' }, {}],
    ['thin chest', { bodyPart: 'Thorax', seriesDescription: 'Lung 1MM' }, {}],
    ['otherwise', { bodyPart: 'HEAD', seriesDescription: 'Lung 1MM' }, {}],
    ['of gate', { modality: 'US', callingAe: 'GATEWAY1' }, { site: 'North' }],
    ['otherwise', { modality: 'US', callingAe: 'GATEWAY1' }, { site: 'South' }],
  ])('%s for %j in %j', (name, image, over) => {
    expect(ruleOf(image, over)).toBe(name);
  });

  it('asks all things of one and the same image', () => {
    const mixed = evidenceOf([
      { bodyPart: 'CHEST', seriesDescription: 'Scout' },
      { bodyPart: 'HEAD', seriesDescription: 'Brain 1mm' },
    ]);
    expect(findRule(rules, mixed).name).toBe('otherwise');
  });
});

describe('demands', () => {
  const views = demanding(
    '{ name: mg, demand: { views: [R CC, L CC, R MLO, L MLO] }, quietSeconds: 600 }',
  );
  const mg = (laterality: string, view: string) => ({ modality: 'MG', laterality, view });
  const four = [mg('R', 'CC'), mg('L', 'CC'), mg('R', 'MLO'), mg('L', 'MLO')];

  it('closes mammography with its four views, and says which is missing', () => {
    expect(decideCompleteness(views, evidenceOf(four.slice(0, 3)), clock())).toMatchObject({
      complete: false,
      waitingFor: '3 of 4 views, missing L MLO',
      nextAt: 600 * SECOND,
      latestAt: 7_200 * SECOND,
      imagesMayComplete: true,
    });
    expect(decideCompleteness(views, evidenceOf(four), clock())).toMatchObject({
      complete: true,
      by: 'demand',
      reason: 'rule mg: 4 of 4 views',
      demandsMet: true,
    });
  });

  it('takes a fourth view that is another image of the third for what it is', () => {
    const doubled = [...four.slice(0, 3), mg('R', 'MLO')];
    expect(decideCompleteness(views, evidenceOf(doubled), clock()).complete).toBe(false);
  });

  it('takes either of two views, and any side for LATERAL', () => {
    const chest = demanding('{ name: c, demand: { views: [[PA, AP], LATERAL] } }');
    const of = (...names: string[]) =>
      decideCompleteness(chest, evidenceOf(names.map((view) => ({ view }))), clock());
    expect(of('AP', 'LL').complete).toBe(true);
    expect(of('PA', 'LATERAL').complete).toBe(true);
    expect(of('AP', 'PA')).toMatchObject({ waitingFor: '1 of 2 views, missing LATERAL' });
    expect(of('LL')).toMatchObject({ waitingFor: '1 of 2 views, missing PA or AP' });
  });

  it('counts images against a number, the fall-back saying what was wanted', () => {
    const rules = demanding('{ name: ct-chest, demand: { images: 200 } }');
    const at = (count: number, now: number) =>
      decideCompleteness(rules, evidenceOf(images(count)), clock({ now }));
    expect(at(143, 1_000)).toMatchObject({ waitingFor: '143 of 200 images' });
    expect(at(143, 30_000)).toMatchObject({
      by: 'quiet',
      reason: 'quiet for 30 s; rule ct-chest: 143 of 200 images',
      demandsMet: false,
    });
    expect(at(200, 1_000)).toMatchObject({ by: 'demand' });
    expect(at(207, 1_000)).toMatchObject({
      by: 'demand',
      reason: 'rule ct-chest: 207 of 200 images',
    });
  });

  it.each([
    [
      'NumberOfStudyRelatedInstances',
      'numberOfStudyRelatedInstances',
      '3 of 4 instances of the study',
    ],
    [
      'NumberOfSeriesRelatedInstances',
      'numberOfSeriesRelatedInstances',
      '3 of 4 images of their series',
    ],
    ['ImagesInAcquisition', 'imagesInAcquisition', '3 of 4 images of their acquisitions'],
  ])('believes %s, the largest where the images disagree', (attribute, key, waitingFor) => {
    const rules = demanding(`{ name: n, demand: { imagesFrom: ${attribute} }, settleSeconds: 1 }`);
    const said = (...numbers: (number | undefined)[]) =>
      evidenceOf(numbers.map((number, index) => ({ number: index + 1, [key]: number })));
    const decide = (evidence: ReturnType<typeof said>) =>
      decideCompleteness(rules, evidence, clock());
    expect(decide(said(4, 3, 4))).toMatchObject({ waitingFor });
    expect(decide(said(4, 3, 4, 4)).complete).toBe(true);
    expect(decide(said(4, 3, 4, 4, 4)).complete).toBe(true);
    expect(decide(said(undefined, undefined))).toMatchObject({
      waitingFor: `no ${attribute} in some images`,
    });
  });

  it('does not let one series with too many stand in for one with too few', () => {
    const rules = demanding(
      '{ name: n, demand: { imagesFrom: NumberOfSeriesRelatedInstances }, settleSeconds: 1 }',
    );
    const series = (seriesInstanceUid: string, count: number) =>
      images(count, { seriesInstanceUid, numberOfSeriesRelatedInstances: 4 });
    const evidence = evidenceOf([...series('1.1', 6), ...series('1.2', 2)]);
    expect(decideCompleteness(rules, evidence, clock())).toMatchObject({
      waitingFor: '6 of 8 images of their series',
    });
  });

  it('counts objects as instances of the study', () => {
    const rules = demanding('{ name: n, demand: { imagesFrom: NumberOfStudyRelatedInstances } }');
    const evidence = evidenceOf(images(3, { numberOfStudyRelatedInstances: 4 }), { objects: 1 });
    expect(decideCompleteness(rules, evidence, clock()).complete).toBe(true);
  });

  it('closes gapless numbers after their settling time, and waits for a gap to be filled', () => {
    const rules = demanding('{ name: g, demand: { contiguousNumbers: true }, settleSeconds: 3 }');
    const of = (numbers: number[], now: number) =>
      decideCompleteness(rules, evidenceOf(numbers.map((number) => ({ number }))), clock({ now }));
    expect(of([1, 2, 3], 2_999)).toMatchObject({
      waitingFor: 'rule g: image numbers without a gap; 3 s without a further image',
      nextAt: 3_000,
    });
    expect(of([3, 1, 2], 3_000)).toMatchObject({ by: 'demand' });
    expect(of([0, 1, 2], 3_000)).toMatchObject({ by: 'demand' });
    expect(of([1, 2, 5], 3_000)).toMatchObject({ waitingFor: 'images 3 to 4 of a series missing' });
    expect(of([2, 3], 3_000)).toMatchObject({ waitingFor: 'image numbers begin at 2' });
    expect(of([1, 2, 5], 30_000)).toMatchObject({ by: 'quiet' });
  });

  it('wants series with their images', () => {
    const rules = demanding(
      '{ name: m, demand: { series: [{ seriesDescription: "*T2*", images: 2 }, { seriesDescription: "*DWI*" }] } }',
    );
    const of = (...descriptions: string[]) =>
      decideCompleteness(
        rules,
        evidenceOf(
          descriptions.map((text) => ({ seriesDescription: text, seriesInstanceUid: text })),
        ),
        clock(),
      );
    expect(of('ax T2', 'DWI b0')).toMatchObject({ waitingFor: '1 of 2 images of series *T2*' });
    // Two series of one image each are not a series of two.
    expect(of('ax T2', 'cor T2', 'DWI').complete).toBe(false);
    expect(of('ax T2', 'ax T2', 'DWI').complete).toBe(true);
  });

  it('says nothing of images that came after a closing at which it was met', () => {
    const rules = demanding('{ name: n, demand: { images: 2 } }');
    const evidence = evidenceOf(images(3));
    expect(decideCompleteness(rules, evidence, clock({ demandsMetBefore: true }))).toMatchObject({
      complete: false,
      nextAt: 30_000,
      imagesMayComplete: false,
    });
  });
});

describe('signals', () => {
  const named = (expected: number, present: number, over = {}) =>
    signalOf({ named: { expected, present }, ...over });
  const decide = (signals: ReturnType<typeof signalOf>[], count = 212, rules = plain) =>
    decideCompleteness(rules, evidenceOf(images(count), { signals }), clock());

  it('closes when all that MPPS names is here, and waits for what is not', () => {
    expect(decide([named(212, 212)])).toMatchObject({
      by: 'signal',
      reason: 'MPPS completed by CT1: 212 of 212 instances',
    });
    expect(decide([named(212, 143)], 143)).toMatchObject({
      complete: false,
      waitingFor: 'MPPS completed by CT1: 143 of 212 instances',
      nextAt: 30_000,
      imagesMayComplete: true,
    });
  });

  it('takes more images than were named, and an empty list for no word at all', () => {
    expect(decide([named(212, 212)], 215).complete).toBe(true);
    expect(decide([named(0, 0)])).toMatchObject({ complete: false, imagesMayComplete: false });
  });

  it('wants all of several lists', () => {
    const second = named(80, 20, { key: 2, kind: 'instance-availability', source: 'PACS' });
    expect(decide([named(212, 212), second])).toMatchObject({
      waitingFor: 'instances announced as available by PACS: 20 of 80 instances',
    });
  });

  it('lets what is known to be missing outweigh a demand that is met, but not the quiet', () => {
    const rules = demanding('{ name: n, demand: { images: 100 } }');
    expect(decide([named(212, 143)], 143, rules).complete).toBe(false);
    const evidence = evidenceOf(images(143), { signals: [named(212, 143)] });
    expect(decideCompleteness(rules, evidence, clock({ now: 30_000 }))).toMatchObject({
      by: 'quiet',
      reason: 'quiet for 30 s; rule n: MPPS completed by CT1: 143 of 212 instances',
    });
  });

  it('trusts the end of an association by rule only, and only for what had come by then', () => {
    const release = signalOf({ kind: 'association-released', source: 'GATE', imagesThen: 212 });
    expect(decide([release]).complete).toBe(false);
    const rules = rulesOf(`
id: t
version: "1"
rules: [{ name: gate, match: { callingAe: GATE }, signals: { associationReleased: true } }]`);
    const from = (callingAe: string, count: number) =>
      decideCompleteness(
        rules,
        evidenceOf(images(count, { callingAe }), { signals: [release] }),
        clock(),
      );
    expect(from('GATE', 212)).toMatchObject({
      reason: 'association released by GATE: 212 images',
    });
    expect(from('OTHER', 212).complete).toBe(false);
    expect(from('GATE', 213).complete).toBe(false);
  });

  it('waits out the grace after a signal', () => {
    const rules = rulesOf('{ id: t, version: "1", defaults: { graceSeconds: 5 } }');
    const signals = [named(3, 3, { receivedAt: 2_000 })];
    const at = (now: number) =>
      decideCompleteness(
        rules,
        evidenceOf(images(3), { signals }),
        clock({ now, quietSince: 1_000 }),
      );
    expect(at(6_999)).toMatchObject({ complete: false, nextAt: 7_000 });
    expect(at(7_000).complete).toBe(true);
  });

  it('is used up by a closing, unless something it names was missing', () => {
    expect(decide([named(212, 212, { isNew: false })])).toMatchObject({ complete: false });
    const open = named(300, 212, { key: 5 });
    const later = named(10, 10, { key: 7 });
    const quiet = decideCompleteness(
      plain,
      evidenceOf(images(212), { signals: [open, later] }),
      clock({ now: 30_000 }),
    );
    expect(quiet).toMatchObject({ by: 'quiet', signalsUsedUpTo: 4 });
    expect(decide([later, named(212, 212, { key: 3 })])).toMatchObject({ signalsUsedUpTo: 7 });
  });

  it('does not speak for a study without images', () => {
    const rules = rulesOf(
      '{ id: t, version: "1", defaults: { signals: { associationReleased: true } } }',
    );
    const release = signalOf({ kind: 'association-released' });
    expect(decide([release], 0, rules).complete).toBe(false);
    expect(decide([{ ...release, imagesThen: 1 }], 1, rules).complete).toBe(true);
  });

  it('says nothing when a modality is done without saying with what', () => {
    expect(decide([signalOf({ kind: 'mpps-completed', imagesThen: 212 })]).complete).toBe(false);
  });
});

describe('time', () => {
  it("closes after the modality's quiet time, exactly, and after the longest wait while images drip in", () => {
    const at = (now: number, quietSince: number) =>
      decideCompleteness(plain, evidenceOf(images(9)), clock({ now, quietSince }));
    expect(at(39_999, 10_000)).toMatchObject({
      complete: false,
      waitingFor: '30 s without a further image',
      nextAt: 40_000,
    });
    expect(at(40_000, 10_000)).toMatchObject({ by: 'quiet', reason: 'quiet for 30 s' });
    const limit = 7_200 * SECOND;
    expect(at(limit - 1, limit - 1).complete).toBe(false);
    expect(at(limit, limit - 1)).toMatchObject({
      by: 'longest-wait',
      reason: '120 min since the first image, the longest wait',
    });
  });
});
