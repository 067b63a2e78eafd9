import type { Box } from '#core/finding.ts';
import type { Draft, JudgedFinding, Operation } from './draft.ts';

/** Two boxes are of one place from this share of their common area on (intersection over union). */
const SAME_PLACE = 0.5;

function overlap(a: Box, b: Box): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const common = width * height;
  return common / (a[2] * a[3] + b[2] * b[3] - common);
}

/** How much a finding is the one that was judged: 0 for another label, image or place. */
function likeness(old: JudgedFinding, fresh: JudgedFinding): number {
  const sameImage = old.sopInstanceUid === fresh.sopInstanceUid && old.frame === fresh.frame;
  if (old.label !== fresh.label || !sameImage) return 0;
  if (old.box === null || fresh.box === null) return old.box === fresh.box ? 1 : 0;
  const share = overlap(old.box, fresh.box);
  return share >= SAME_PLACE ? share : 0;
}

type FindingOperation = Extract<Operation, { findingId: string }>;

function isOnFinding(operation: Operation): operation is FindingOperation {
  return 'findingId' in operation;
}

/** Ids of judged findings that the analysis on the screen does not have. */
export function orphansOf(draft: Draft, findings: readonly JudgedFinding[]): string[] {
  const here = new Set(findings.map((finding) => finding.id));
  const ids = draft.operations.filter(isOnFinding).map((operation) => operation.findingId);
  return [...new Set(ids)].filter((id) => !here.has(id));
}

/** Each orphan's successor: the same label at the same place, the likest first, each given once and none judged anew. */
export function successors(
  draft: Draft,
  findings: readonly JudgedFinding[],
): ReadonlyMap<string, string> {
  const orphans = new Set(orphansOf(draft, findings));
  const judgedAnew = new Set(draft.operations.filter(isOnFinding).map((each) => each.findingId));
  const pairs = draft.judged
    .filter((old) => orphans.has(old.id))
    .flatMap((old) =>
      findings
        .filter((fresh) => !judgedAnew.has(fresh.id))
        .map((fresh) => ({ old: old.id, fresh: fresh.id, share: likeness(old, fresh) })),
    )
    .filter(({ share }) => share > 0)
    .toSorted((a, b) => b.share - a.share);
  const taken = new Set<string>();
  const found = new Map<string, string>();
  for (const { old, fresh } of pairs) {
    if (found.has(old) || taken.has(fresh)) continue;
    found.set(old, fresh);
    taken.add(fresh);
  }
  return found;
}

/** The draft with the verdicts on earlier findings given to their successors. */
export function carryOver(draft: Draft, findings: readonly JudgedFinding[]): Draft {
  const next = successors(draft, findings);
  const operations = draft.operations.map((operation) => {
    const findingId = isOnFinding(operation) ? next.get(operation.findingId) : undefined;
    return findingId === undefined ? operation : { ...operation, findingId };
  });
  return { ...draft, operations };
}

/** The draft without verdicts on findings that are gone. */
export function dropOrphans(draft: Draft, findings: readonly JudgedFinding[]): Draft {
  const gone = new Set(orphansOf(draft, findings));
  const operations = draft.operations.filter(
    (operation) => !isOnFinding(operation) || !gone.has(operation.findingId),
  );
  return { ...draft, operations };
}
