import { itemsOf, latin1, readBinaryNumbers, readBytes } from '#dicom/attributes/element-values.ts';
import { type DataSet, parseHeader } from '#dicom/attributes/parse-elements.ts';
import { splitPart10 } from './data-set-bytes.ts';

/** A content tree as its bytes say it, read without the code that wrote it. */
export interface TreeNode {
  readonly relationship: string;
  readonly type: string;
  /** Value and scheme of the concept name, `121071 DCM`; empty without. */
  readonly concept: string;
  /** Value and scheme of a CODE. */
  readonly code: string;
  readonly text: string;
  readonly template: string;
  readonly uid: string;
  readonly frame: string;
  readonly points: readonly number[];
  readonly children: readonly TreeNode[];
}

export interface ReportDocument {
  readonly root: TreeNode;
  readonly completion: string;
  readonly verification: string;
  readonly verifyingObservers: number;
  readonly evidence: readonly string[];
  readonly predecessors: readonly string[];
  readonly contributingModels: readonly string[];
  readonly dataSet: DataSet;
}

export function readText(dataSet: DataSet | undefined, tag: number): string {
  const bytes = dataSet === undefined ? undefined : readBytes(dataSet, tag);
  return bytes === undefined ? '' : latin1(bytes).replaceAll('\0', '').trim();
}

function codeOf(dataSet: DataSet, tag: number): string {
  const item = itemsOf(dataSet, tag)[0];
  if (item === undefined) return '';
  const value = readText(item, 0x00080100) || readText(item, 0x00080119);
  return `${value} ${readText(item, 0x00080102)}`;
}

function readNode(dataSet: DataSet): TreeNode {
  const reference = itemsOf(dataSet, 0x00081199)[0];
  const graphic = dataSet.elements.get(0x00700022);
  return {
    relationship: readText(dataSet, 0x0040a010),
    type: readText(dataSet, 0x0040a040),
    concept: codeOf(dataSet, 0x0040a043),
    code: codeOf(dataSet, 0x0040a168),
    text: [0x0040a160, 0x0040a123, 0x0040a124].map((tag) => readText(dataSet, tag)).join(''),
    template: readText(itemsOf(dataSet, 0x0040a504)[0], 0x0040db00),
    uid: readText(reference, 0x00081155),
    frame: readText(reference, 0x00081160),
    points:
      graphic === undefined ? [] : (readBinaryNumbers(dataSet, graphic, 'FL') ?? []).map(Number),
    children: itemsOf(dataSet, 0x0040a730).map(readNode),
  };
}

function instancesIn(dataSet: DataSet, sequence: number): string[] {
  return itemsOf(dataSet, sequence)
    .flatMap((study) => itemsOf(study, 0x00081115))
    .flatMap((series) => itemsOf(series, 0x00081199))
    .map((instance) => readText(instance, 0x00081155));
}

export function readReport(file: Buffer): ReportDocument {
  const { dataSet: bytes, transferSyntaxUid } = splitPart10(file);
  const dataSet = parseHeader(bytes, transferSyntaxUid);
  return {
    root: readNode(dataSet),
    completion: readText(dataSet, 0x0040a491),
    verification: readText(dataSet, 0x0040a493),
    verifyingObservers: itemsOf(dataSet, 0x0040a073).length,
    evidence: [0x0040a375, 0x0040a385].flatMap((tag) => instancesIn(dataSet, tag)),
    predecessors: instancesIn(dataSet, 0x0040a360),
    contributingModels: itemsOf(dataSet, 0x0018a001).map((item) => readText(item, 0x00081090)),
    dataSet,
  };
}

/** The node and all below it. */
export function nodesOf(node: TreeNode): TreeNode[] {
  return [node, ...node.children.flatMap(nodesOf)];
}

/** The tree with one node changed, or taken away where `change` gives undefined. */
export function alterNode(
  root: TreeNode,
  which: (node: TreeNode) => boolean,
  change: (node: TreeNode) => TreeNode | undefined,
): TreeNode {
  let isDone = false;
  const visit = (node: TreeNode): TreeNode | undefined => {
    if (!isDone && which(node)) {
      isDone = true;
      return change(node);
    }
    return { ...node, children: node.children.map(visit).filter((child) => child !== undefined) };
  };
  return visit(root) ?? root;
}
