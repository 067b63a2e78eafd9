import { describe, expect, test } from 'vitest';
import { readSourceImage } from '#dicom/objects/read-source-image.ts';
import { buildReport } from '#dicom/objects/report/build-report.ts';
import type { AiResult, DocumentIdentity, Finding, SourceImage } from '#dicom/objects/types.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { splitPart10 } from '#tests/support/data-set-bytes.ts';
import { identityFaults, reportFaults } from '#tests/support/report-rules.ts';
import {
  alterNode,
  nodesOf,
  type ReportDocument,
  readReport,
  type TreeNode,
} from '#tests/support/report-tree.ts';
import {
  ALGORITHM,
  OPACITY,
  sampleFinding,
  sampleIdentity,
  sampleResult,
} from '#tests/support/sample-result.ts';

function slice(number: number, attributes = {}): SourceImage {
  const file = minimalImage({
    modality: 'CT',
    seed: 'report',
    instanceNumber: number,
    rows: 32,
    columns: 40,
    attributes,
  });
  const { dataSet, transferSyntaxUid } = splitPart10(file.bytes);
  return readSourceImage({ bytes: dataSet, transferSyntaxUid });
}

const IMAGES = [slice(1), slice(2), slice(3)];
const REVIEW = {
  readerName: 'Reader^Rita',
  signedAt: new Date('2026-01-12T11:00:00Z'),
  comment: 'Seen with the prior.',
  isVerified: false,
};

function report(
  changes: Partial<AiResult> = {},
  options: { images?: readonly SourceImage[]; identity?: Partial<DocumentIdentity> } = {},
): ReportDocument {
  const images = options.images ?? IMAGES;
  const result = sampleResult(images, changes);
  const identity = sampleIdentity('sr', options.identity);
  return readReport(buildReport({ result, images, identity }).bytes);
}

function groupOf(document: ReportDocument, name: string): TreeNode | undefined {
  return nodesOf(document.root).find(({ children }) =>
    children.some(({ concept, text }) => concept === '112039 DCM' && text === name),
  );
}

function codes(node: TreeNode | undefined, concept: string): string[] {
  return (node?.children ?? []).filter((each) => each.concept === concept).map(({ code }) => code);
}

function evaluations({ root }: ReportDocument): TreeNode | undefined {
  return root.children.find(({ concept }) => concept.startsWith('C0034375'));
}

describe('a report', () => {
  test('is a TID 1500 report without a fault, with or without findings', () => {
    expect(reportFaults(report(), 'assist')).toEqual([]);
    expect(reportFaults(report({ findings: [] }), 'assist')).toEqual([]);
    const failed = {
      ...ALGORITHM,
      outcome: 'failed',
      reason: 'out of memory',
      labels: [],
    } as const;
    const document = report({ algorithms: [failed], findings: [], heatmaps: [] });
    expect(reportFaults(document, 'assist')).toEqual([]);
    expect(document.contributingModels).toEqual([]);
    expect(report().contributingModels).toEqual(['sample-model']);
  });

  test('gives the same bytes of the same result', () => {
    const input = { result: sampleResult(IMAGES), images: IMAGES, identity: sampleIdentity('sr') };
    expect(buildReport(input).bytes.equals(buildReport(input).bytes)).toBe(true);
  });

  test('draws a finding on one image by TID 1410, on several by TID 1411, without a box by TID 1501', () => {
    const [one, two] = IMAGES;
    if (one === undefined || two === undefined) throw new Error('no images');
    const whole: Finding = {
      ...sampleFinding([one], 'whole'),
      regions: [{ sopInstanceUid: one.sopInstanceUid, frame: 1 }],
    };
    const findings = [sampleFinding([one], 'one'), sampleFinding([one, two], 'two'), whole];
    const document = report({ findings });
    expect(reportFaults(document, 'assist')).toEqual([]);
    const templates = ['one', 'two', 'whole'].map((name) => groupOf(document, name)?.template);
    expect(templates).toEqual(['1410', '1411', '1501']);
    const region = groupOf(document, 'one')?.children.find(({ type }) => type === 'SCOORD');
    // A box of 10, 16, 8, 16 / 3 in source pixels.
    expect(region?.points.slice(0, 4)).toEqual([10, 16, 18, 16]);
    const named = groupOf(document, 'whole')?.children.find(({ type }) => type === 'IMAGE');
    expect(named?.uid).toBe(one.sopInstanceUid);
  });

  test('names the frame of a multi-frame image, from 1, and of no other', () => {
    const multi = slice(7, { NumberOfFrames: 3 });
    const finding = sampleFinding([multi]);
    const regions = finding.regions.map((region) => ({ ...region, frame: 3 }));
    const document = report({ findings: [{ ...finding, regions }] }, { images: [multi] });
    const frames = nodesOf(document.root).filter(({ type }) => type === 'IMAGE');
    expect(frames.map(({ frame }) => frame)).toEqual(['', '3']);
    const single = nodesOf(report().root).map(({ frame }) => frame);
    expect(new Set(single)).toEqual(new Set(['']));
  });

  test.each([
    { name: 'ran and found', outcomes: ['analysed'], flagged: true, code: '111242 DCM' },
    { name: 'ran and flagged nothing', outcomes: ['analysed'], flagged: false, code: '111241 DCM' },
    { name: 'ran in part', outcomes: ['analysed', 'failed'], flagged: false, code: '111243 DCM' },
    {
      name: 'in part, found',
      outcomes: ['analysed', 'declined'],
      flagged: true,
      code: '111244 DCM',
    },
    { name: 'failed', outcomes: ['failed'], flagged: false, code: '111245 DCM' },
    {
      name: 'failed beside others that did not fit',
      outcomes: ['failed', 'declined'],
      flagged: false,
      code: '111245 DCM',
    },
  ] as const)('tells by its summary that it $name', ({ outcomes, flagged, code }) => {
    const algorithms = outcomes.map((outcome, index) => ({
      ...ALGORITHM,
      id: `model-${index}`,
      outcome,
      labels:
        outcome === 'analysed' ? ALGORITHM.labels.map((label) => ({ ...label, flagged })) : [],
    }));
    const document = report({ algorithms, findings: [], heatmaps: [] });
    expect(reportFaults(document, 'assist')).toEqual([]);
    const container = evaluations(document);
    expect(codes(container, '111017 DCM')).toEqual([code]);
    expect(codes(container, 'PROCESSING 99RADTRIAGE')).toEqual([]);
    expect(codes(container, 'OUTCOME 99RADTRIAGE')).toHaveLength(outcomes.length);
  });

  test.each([
    { name: 'no model is there', outcomes: [] },
    { name: 'none fits', outcomes: ['not-analysed', 'declined'] },
  ] as const)('says that none was applied, not that one failed, where $name', ({ outcomes }) => {
    const algorithms = outcomes.map((outcome, index) => ({
      ...{
        ...ALGORITHM,
        id: `model-${index}`,
        outcome,
        labels: [],
        reason: 'a modality of its own',
      },
    }));
    const plain = { algorithms, findings: [], heatmaps: [] };
    const document = report(plain);
    expect(reportFaults(document, 'assist')).toEqual([]);
    const found = evaluations(document);
    expect(codes(found, '111017 DCM')).toEqual([]);
    expect(codes(found, 'PROCESSING 99RADTRIAGE')).toEqual(['NOT-APPLIED 99RADTRIAGE']);
    expect(codes(found, 'OUTCOME 99RADTRIAGE')).toHaveLength(outcomes.length);
    const failed = evaluations(report({ ...plain, isAnalysisFailed: true }));
    expect(codes(failed, '111017 DCM')).toEqual(['111245 DCM']);
  });

  test('says no place in triage-only mode, though it was given one', () => {
    const findings = [{ ...sampleFinding(IMAGES), verdict: 'confirm' as const }];
    const document = report({ readingMode: 'triage-only', findings, review: REVIEW });
    expect(reportFaults(document, 'triage-only')).toEqual([]);
    expect(reportFaults(report(), 'triage-only')).toContain('coordinates in triage-only');
  });

  test('carries verdicts: accepted, amended with what the model had said, rejected without a region', () => {
    const [one] = IMAGES;
    if (one === undefined) throw new Error('no image');
    const model = sampleFinding([one], 'amended');
    const findings: Finding[] = [
      { ...sampleFinding([one], 'accepted'), verdict: 'confirm' },
      {
        ...model,
        verdict: 'amend',
        label: 'Consolidation',
        code: { value: '95436008', scheme: 'SCT', meaning: 'Lung consolidation' },
        original: { label: model.label, code: model.code, regions: model.regions },
      },
      { ...sampleFinding([one], 'rejected'), verdict: 'reject', rejectReason: 'skin fold' },
      { ...sampleFinding([one], 'added'), verdict: 'add', algorithm: null, score: null },
    ];
    const document = report({ findings, review: REVIEW });
    expect(reportFaults(document, 'assist')).toEqual([]);
    const verdict = (name: string) => codes(groupOf(document, name), 'VERDICT 99RADTRIAGE');
    expect(verdict('accepted')).toEqual(['ACCEPTED 99RADTRIAGE']);
    expect(verdict('rejected')).toEqual(['REJECTED 99RADTRIAGE']);
    expect(verdict('added')).toEqual(['ADDED 99RADTRIAGE']);
    const amended = groupOf(document, 'amended');
    expect(codes(amended, '121071 DCM')).toEqual(['95436008 SCT']);
    expect(codes(amended, 'ORIGINAL-FINDING 99RADTRIAGE')).toEqual([
      `${OPACITY.value} 99RADTRIAGE`,
    ]);
    const types = nodesOf(groupOf(document, 'rejected') ?? document.root).map(({ type }) => type);
    expect(types).not.toContain('SCOORD');
    expect(types).toContain('PNAME');
    expect(nodesOf(document.root).map(({ text }) => text)).toContain('skin fold');
  });

  test('is verified only when the reader vouches for it, and names its predecessor', () => {
    const predecessors = [
      {
        sopClassUid: '1.2.840.10008.5.1.4.1.1.88.34',
        sopInstanceUid: '2.25.11',
        seriesInstanceUid: '2.25.12',
        studyInstanceUid: IMAGES[0]?.studyInstanceUid ?? '',
      },
    ];
    const verified = report(
      { review: { ...REVIEW, isVerified: true } },
      { identity: { predecessors } },
    );
    expect(reportFaults(verified, 'assist')).toEqual([]);
    expect(verified.verification).toBe('VERIFIED');
    expect(verified.predecessors).toEqual(['2.25.11']);
    expect(report({ review: REVIEW }).verification).toBe('UNVERIFIED');
  });

  test('refuses a finding on an image or a frame that it was not given', () => {
    const finding = sampleFinding(IMAGES);
    expect(() => report({ findings: [finding] }, { images: IMAGES.slice(0, 1) })).toThrow('names');
    const regions = finding.regions.map((region) => ({ ...region, frame: 2 }));
    expect(() => report({ findings: [{ ...finding, regions }] })).toThrow('names');
    expect(() => report({}, { images: [] })).toThrow('needs its images');
  });
});

describe('the rules of a report', () => {
  const document = report({ findings: [sampleFinding(IMAGES.slice(0, 1))] });
  const isRegion = ({ type }: TreeNode) => type === 'SCOORD';
  const hasName = (name: string) => (node: TreeNode) => node.concept === name;

  test.each<{
    fault: string;
    which: (node: TreeNode) => boolean;
    change: (n: TreeNode) => TreeNode | undefined;
    found: string;
  }>([
    {
      fault: 'an illegal relationship',
      which: isRegion,
      change: (node) => ({ ...node, relationship: 'SELECTED FROM' }),
      found: 'CONTAINER SELECTED FROM SCOORD',
    },
    {
      fault: 'a missing tracking UID',
      which: hasName('112040 DCM'),
      change: () => undefined,
      found: 'tracking UID',
    },
    {
      fault: 'a finding site that is contained',
      which: hasName('363698007 SCT'),
      change: (node) => ({ ...node, relationship: 'CONTAINS' }),
      found: 'site',
    },
    {
      fault: 'a number among the evaluations',
      which: hasName('111017 DCM'),
      change: (node) => ({ ...node, type: 'NUM', code: '' }),
      found: 'evaluation NUM',
    },
    {
      fault: 'no language',
      which: hasName('121049 DCM'),
      change: () => undefined,
      found: 'root 121049 DCM',
    },
    {
      fault: 'no algorithm',
      which: hasName('111001 DCM'),
      change: () => undefined,
      found: 'algorithm',
    },
    {
      fault: 'an item without a name',
      which: hasName('121071 DCM'),
      change: (node) => ({ ...node, concept: '' }),
      found: 'CODE without a name',
    },
    {
      fault: 'an open region',
      which: isRegion,
      change: (node) => ({ ...node, points: node.points.slice(0, 8) }),
      found: 'region not closed',
    },
    {
      fault: 'a group by the wrong template',
      which: ({ template }) => template === '1410',
      change: (node) => ({ ...node, template: '1411' }),
      found: 'template 1411',
    },
    {
      fault: 'the word that nobody may read',
      which: hasName('LIMITATION 99RADTRIAGE'),
      change: (node) => ({ ...node, text: 'Study is normal.' }),
      found: 'says normal',
    },
  ])('find $fault', ({ which, change, found }) => {
    expect(reportFaults(document, 'assist')).toEqual([]);
    const altered = { ...document, root: alterNode(document.root, which, change) };
    expect(reportFaults(altered, 'assist')).toContain(found);
  });

  test('find an image missing from the evidence, a missing status and a verifier of nothing', () => {
    expect(reportFaults({ ...document, evidence: [] }, 'assist')).toContain(
      'image missing from the evidence',
    );
    expect(reportFaults({ ...document, completion: '' }, 'assist')).toContain('completion');
    expect(reportFaults({ ...document, verification: 'VERIFIED' }, 'assist')).toContain(
      'verifying observer',
    );
  });

  test('find another study and another patient', () => {
    const [source] = IMAGES;
    if (source === undefined) throw new Error('no image');
    expect(identityFaults(source.header, document.dataSet)).toEqual([]);
    const name = slice(1, { PatientName: 'Somebody^Else' }).header;
    expect(identityFaults(name, document.dataSet)).toEqual(['PatientName']);
    const study = slice(1, { StudyInstanceUID: '2.25.1' }).header;
    expect(identityFaults(study, document.dataSet)).toEqual(['StudyInstanceUID']);
  });
});
