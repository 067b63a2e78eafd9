import type { DataSet } from '#dicom/attributes/parse-elements.ts';
import { nodesOf, type ReportDocument, readText, type TreeNode } from './report-tree.ts';

/** Which value types each relationship may join in a Comprehensive 3D SR (PS3.3 table A.35.13-2, the part that we use). */
const VALUES = ['TEXT', 'CODE', 'NUM', 'DATETIME', 'UIDREF', 'PNAME'];
const REFERENCES = ['IMAGE', 'COMPOSITE', 'SCOORD', 'CONTAINER'];
const OBSERVED = ['TEXT', 'CODE', 'NUM'];
const RELATIONSHIPS: Readonly<Record<string, { from: readonly string[]; to: readonly string[] }>> =
  {
    CONTAINS: { from: ['CONTAINER'], to: [...VALUES, ...REFERENCES] },
    'HAS OBS CONTEXT': { from: ['CONTAINER', ...OBSERVED], to: VALUES },
    'HAS ACQ CONTEXT': { from: ['CONTAINER', 'IMAGE'], to: VALUES },
    'HAS CONCEPT MOD': { from: ['CONTAINER', ...VALUES, ...REFERENCES], to: ['TEXT', 'CODE'] },
    'HAS PROPERTIES': { from: OBSERVED, to: [...VALUES, ...REFERENCES] },
    'INFERRED FROM': { from: OBSERVED, to: [...VALUES, ...REFERENCES] },
    'SELECTED FROM': { from: ['SCOORD'], to: ['IMAGE'] },
  };

const GROUP = '125007 DCM';
const IMAGE_REGION = '111030 DCM';
const IMAGE_LIBRARY = '111028 DCM';
const FINDING = '121071 DCM';
const FINDING_SITE = '363698007 SCT';
const QUALITATIVE_EVALUATIONS = 'C0034375 UMLS';
const PERSON = '121006 DCM';
/** What the algorithms came to as a whole (CID 6047), or that none was applied. */
const PROCESSING = ['111017 DCM', 'PROCESSING 99RADTRIAGE'];
const PROCESSED = /^(111017 DCM 11124[1-5] DCM|PROCESSING 99RADTRIAGE NOT-APPLIED 99RADTRIAGE)$/;

/**
 * What a TID 1500 report of ours must hold and no validator looks for, or only one of them (PS3.16 TID 1500, 1410, 1411,
 * 1501, 4019). No fault, no entry.
 */
export function reportFaults(document: ReportDocument, mode: 'assist' | 'triage-only'): string[] {
  const { root } = document;
  return [
    ...relationshipFaults(root),
    ...rootFaults(root),
    ...groupsOf(root).flatMap(groupFaults),
    ...trackingFaults(groupsOf(root)),
    ...evaluationFaults(root),
    ...evidenceFaults(document),
    ...statusFaults(document),
    ...wordFaults(root),
    ...(mode === 'triage-only' ? placeFaults(root) : []),
  ];
}

function groupsOf(root: TreeNode): TreeNode[] {
  return nodesOf(root).filter(({ concept }) => concept === GROUP);
}

function relationshipFaults(node: TreeNode): string[] {
  return node.children.flatMap((child) => {
    const rule = RELATIONSHIPS[child.relationship];
    const isLegal = rule?.from.includes(node.type) === true && rule.to.includes(child.type);
    const here = isLegal ? [] : [`${node.type} ${child.relationship} ${child.type}`];
    const isNamed = child.concept !== '' || child.type === 'IMAGE' || child.type === 'COMPOSITE';
    return [
      ...here,
      ...(isNamed ? [] : [`${child.type} without a name`]),
      ...relationshipFaults(child),
    ];
  });
}

function rootFaults(root: TreeNode): string[] {
  const faults = root.concept === '126000 DCM' && root.template === '1500' ? [] : ['root'];
  for (const [concept, relationship] of [
    ['121049 DCM', 'HAS CONCEPT MOD'],
    ['121005 DCM', 'HAS OBS CONTEXT'],
    ['121012 DCM', 'HAS OBS CONTEXT'],
    ['121058 DCM', 'HAS CONCEPT MOD'],
    [IMAGE_LIBRARY, 'CONTAINS'],
    [QUALITATIVE_EVALUATIONS, 'CONTAINS'],
  ]) {
    const found = root.children.filter((child) => child.concept === concept);
    if (found.length === 0 || found.some((child) => child.relationship !== relationship)) {
      faults.push(`root ${concept}`);
    }
  }
  const empty = nodesOf(root).filter(
    ({ type, children }) => type === 'CONTAINER' && children.length === 0,
  );
  return [...faults, ...empty.map(({ concept }) => `empty container ${concept}`)];
}

function groupFaults(group: TreeNode): string[] {
  const count = (concept: string, relationship: string, type: string) =>
    group.children.filter(
      (child) =>
        child.concept === concept && child.relationship === relationship && child.type === type,
    ).length;
  const faults: string[] = [];
  if (count('112039 DCM', 'HAS OBS CONTEXT', 'TEXT') !== 1) faults.push('tracking identifier');
  if (count('112040 DCM', 'HAS OBS CONTEXT', 'UIDREF') !== 1) faults.push('tracking UID');
  if (count(FINDING, 'CONTAINS', 'CODE') !== 1) faults.push('finding');
  const sites = group.children.filter(({ concept }) => concept === FINDING_SITE);
  if (sites.some(({ relationship }) => relationship !== 'HAS CONCEPT MOD')) faults.push('site');
  const isReaders = group.children.some(({ code }) => code === PERSON);
  if (!isReaders && count('111001 DCM', 'HAS CONCEPT MOD', 'TEXT') !== 1) faults.push('algorithm');
  if (!isReaders && count('111003 DCM', 'HAS CONCEPT MOD', 'TEXT') !== 1) faults.push('version');
  const parameters = group.children.filter(({ concept }) => concept === '111002 DCM');
  if (!isReaders && !parameters.some(({ text }) => /SHA-256 = [0-9a-f]{64}$/.test(text))) {
    faults.push('weights');
  }
  const regions = group.children.filter(({ concept }) => concept === IMAGE_REGION);
  const wanted = regions.length === 0 ? '1501' : regions.length === 1 ? '1410' : '1411';
  if (group.template !== wanted) faults.push(`template ${group.template}`);
  return [...faults, ...regions.flatMap(regionFaults)];
}

function regionFaults(region: TreeNode): string[] {
  const { points, children } = region;
  const isClosed = points.length >= 8 && points[0] === points.at(-2) && points[1] === points.at(-1);
  const isOfImage = children.length === 1 && children[0]?.relationship === 'SELECTED FROM';
  return [...(isClosed ? [] : ['region not closed']), ...(isOfImage ? [] : ['region of no image'])];
}

function trackingFaults(groups: readonly TreeNode[]): string[] {
  const uids = groups.flatMap((group) =>
    group.children.filter(({ concept }) => concept === '112040 DCM').map(({ text }) => text),
  );
  return new Set(uids).size === uids.length ? [] : ['tracking UID twice'];
}

function evaluationFaults(root: TreeNode): string[] {
  const container = root.children.find(({ concept }) => concept === QUALITATIVE_EVALUATIONS);
  const children = container?.children ?? [];
  const others = children.filter(({ type }) => type !== 'CODE' && type !== 'TEXT');
  const summary = children.filter(({ concept }) => PROCESSING.includes(concept));
  const said = `${summary[0]?.concept} ${summary[0]?.code}`;
  const isSummed = summary.length === 1 && PROCESSED.test(said);
  return [...others.map(({ type }) => `evaluation ${type}`), ...(isSummed ? [] : ['summary'])];
}

function evidenceFaults({ root, evidence }: ReportDocument): string[] {
  const named = new Set(
    nodesOf(root)
      .map(({ uid }) => uid)
      .filter((uid) => uid !== ''),
  );
  const known = new Set(evidence);
  const library = root.children.find(({ concept }) => concept === IMAGE_LIBRARY);
  const listed = new Set(library === undefined ? [] : nodesOf(library).map(({ uid }) => uid));
  return [
    ...[...named].filter((uid) => !known.has(uid)).map(() => 'image missing from the evidence'),
    ...[...named].filter((uid) => !listed.has(uid)).map(() => 'image missing from the library'),
    ...[...known].filter((uid) => !named.has(uid)).map(() => 'evidence that nothing names'),
  ];
}

function statusFaults(document: ReportDocument): string[] {
  const faults = document.completion === 'COMPLETE' ? [] : ['completion'];
  const isVerified = document.verification === 'VERIFIED';
  if (!isVerified && document.verification !== 'UNVERIFIED') faults.push('verification');
  if (isVerified !== document.verifyingObservers > 0) faults.push('verifying observer');
  return faults;
}

/** A report that says "normal" would be read as a diagnosis. */
function wordFaults(root: TreeNode): string[] {
  return nodesOf(root).some(({ text, code }) => /\bnormal\b/i.test(`${text} ${code}`))
    ? ['says normal']
    : [];
}

function placeFaults(root: TreeNode): string[] {
  const library = root.children.find(({ concept }) => concept === IMAGE_LIBRARY);
  const inLibrary = new Set(library === undefined ? [] : nodesOf(library));
  const nodes = nodesOf(root).filter((node) => !inLibrary.has(node));
  return [
    ...nodes.filter(({ type }) => type === 'SCOORD').map(() => 'coordinates in triage-only'),
    ...nodes.filter(({ uid }) => uid !== '').map(() => 'image named in triage-only'),
    ...nodesOf(root)
      .filter(({ frame }) => frame !== '')
      .map(() => 'frame named in triage-only'),
  ];
}

const SAME_AS_SOURCE: Readonly<Record<string, number>> = {
  StudyInstanceUID: 0x0020000d,
  StudyID: 0x00200010,
  AccessionNumber: 0x00080050,
  PatientName: 0x00100010,
  PatientID: 0x00100020,
  PatientBirthDate: 0x00100030,
  SpecificCharacterSet: 0x00080005,
};

/** What a result says otherwise than its source; dcentvfy compares only what claims to be of the same study. */
export function identityFaults(source: DataSet, result: DataSet): string[] {
  return Object.entries(SAME_AS_SOURCE)
    .filter(([, tag]) => readText(source, tag) !== readText(result, tag))
    .map(([keyword]) => keyword);
}
