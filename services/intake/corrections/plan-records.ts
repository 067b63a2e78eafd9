import { RadTriageError } from '#core/errors.ts';
import type { InstanceStanding } from '#core/instance-standing.ts';
import type { QuarantineReason } from '#core/quarantine-state.ts';
import type { DicomAttributes } from '#dicom/attributes/attribute-schema.ts';
import type { InstanceRecord, SiteRules } from '../instance-record.ts';
import type { LockedStudy } from './lock-studies.ts';
import { type Prepared, requireComparison, UnpreparedError } from './prepare-records.ts';
import { judgeArrival, letsBack, type RejectionInForce } from './rejections.ts';

/** A content that is kept under a SOP Instance UID of the batch. */
export interface KeptRow {
  readonly instanceKey: string;
  readonly studyInstanceUid: string;
  readonly sopInstanceUid: string;
  readonly sha256: string;
  readonly revisionSha256: string | null;
  readonly blobPath: string;
  readonly standing: InstanceStanding;
  readonly kind: 'image' | 'object';
  readonly receivedAt: Date;
}

/** What decides on a batch, as it is within the transaction. */
export interface Surroundings {
  readonly studies: ReadonlyMap<string, LockedStudy>;
  readonly kept: readonly KeptRow[];
  readonly rejections: readonly RejectionInForce[];
  readonly rules: SiteRules;
  readonly prepared: Prepared;
}

interface Replacement {
  readonly kept: KeptRow;
  /** The study that it is taken from. */
  readonly from: LockedStudy;
  /** 'undone' where the newer of two pictures was indexed first: it waits, as it would have. */
  readonly event: 'replaced' | 'undone';
  readonly sameAnalysis: boolean;
  readonly differences: readonly string[];
  readonly keptAttributes: DicomAttributes | undefined;
}

/** What is to be done with a record that is not simply known already. */
export interface Plan {
  readonly record: InstanceRecord;
  readonly study: LockedStudy;
  readonly standing: 'current' | 'conflict' | 'superseded' | 'withdrawn';
  readonly standingReason: string | null;
  readonly revisionSha256: string | null;
  readonly replaces: Replacement | undefined;
  /** A row of this very content that comes back: no other is written. */
  readonly reinstates: KeptRow | undefined;
  readonly held:
    | { readonly reason: QuarantineReason; readonly differences: readonly string[] }
    | undefined;
  readonly lifted: readonly RejectionInForce[];
  readonly denied: readonly RejectionInForce[];
}

const PLAIN = {
  standing: 'current',
  standingReason: null,
  revisionSha256: null,
  replaces: undefined,
  reinstates: undefined,
  held: undefined,
  lifted: [],
  denied: [],
} as const;

function lockedStudy({ studies }: Surroundings, uid: string): LockedStudy {
  const study = studies.get(uid);
  if (study === undefined) throw new RadTriageError('INTERNAL', 'a study vanished while locked');
  return study;
}

/** Why a row is no longer current, for people. */
export function whyReplaced(own: LockedStudy, newer: LockedStudy): string {
  const hasMoved = own.studyKey !== newer.studyKey;
  return hasMoved ? `moved to study ${newer.studyInstanceUid}` : 'a newer version came';
}

/**
 * A newer content takes the place of the current one, or waits beside it. An index that is rebuilt meets contents out
 * of order: what came first is what it was.
 */
function planVersion(record: InstanceRecord, current: KeptRow, around: Surroundings): Plan {
  const study = lockedStudy(around, record.attributes.studyInstanceUid);
  const compared = requireComparison(around.prepared, current.blobPath, record);
  const from = around.studies.get(current.studyInstanceUid);
  if (from === undefined) throw new UnpreparedError('a study was not locked');
  const { verdict, differences, keptAttributes } = compared;
  const base = { ...PLAIN, record, study };
  const isOlder = record.receivedAt < current.receivedAt;
  const replacement = { kept: current, from, differences, keptAttributes };
  if (verdict.verdict === 'quarantine') {
    const held = { reason: verdict.reason, differences };
    if (!isOlder) return { ...base, standing: 'conflict', held };
    return { ...base, held, replaces: { ...replacement, event: 'undone', sameAnalysis: false } };
  }
  if (isOlder) {
    return { ...base, standing: 'superseded', standingReason: whyReplaced(study, from) };
  }
  const { sameAnalysis } = verdict;
  return {
    ...base,
    // The results stay attached: it counts as what it counted as before.
    revisionSha256: sameAnalysis ? (current.revisionSha256 ?? current.sha256) : null,
    replaces: { ...replacement, event: 'replaced', sameAnalysis },
  };
}

/** A known content is nothing new, unless it may come back. */
function planKnown(record: InstanceRecord, row: KeptRow, around: Surroundings): Plan | undefined {
  const { sopInstanceUid, studyInstanceUid } = record.attributes;
  const isWithdrawn = row.standing === 'withdrawn' && row.blobPath !== record.blobPath;
  if (!isWithdrawn || row.studyInstanceUid !== studyInstanceUid) return undefined;
  const named = around.rejections.filter((each) => each.sopInstanceUid === sopInstanceUid);
  const others = around.kept.filter((each) => each.sopInstanceUid === sopInstanceUid);
  const isFree = others.every((each) => each.standing !== 'current');
  if (!isFree || named.some((each) => !letsBack(each, record.receivedAt))) return undefined;
  const study = lockedStudy(around, studyInstanceUid);
  return { ...PLAIN, record, study, reinstates: row, lifted: named };
}

function planNew(record: InstanceRecord, around: Surroundings): Plan {
  const { sopInstanceUid, studyInstanceUid } = record.attributes;
  const study = lockedStudy(around, studyInstanceUid);
  const arrival = judgeArrival(around.rejections, record, around.rules.config.dicom);
  if (arrival.withdrawnBy !== undefined) {
    const { withdrawnBy } = arrival;
    return { ...PLAIN, record, study, standing: 'withdrawn', standingReason: withdrawnBy };
  }
  const current = around.kept.find(
    (row) => row.sopInstanceUid === sopInstanceUid && row.standing === 'current',
  );
  const { lifted, denied } = arrival;
  if (current === undefined) return { ...PLAIN, record, study, lifted, denied };
  return { ...planVersion(record, current, around), denied };
}

/**
 * Decides what becomes of the records that are neither kept before nor twice in the batch. Of one SOP Instance UID a
 * batch holds one content.
 * @throws UnpreparedError for a version that was not compared, or whose study is not locked
 */
export function planRecords(records: readonly InstanceRecord[], around: Surroundings): Plan[] {
  const planned = new Set<string>();
  return records.flatMap((record) => {
    const { sopInstanceUid } = record.attributes;
    if (planned.has(sopInstanceUid)) return [];
    planned.add(sopInstanceUid);
    const known = around.kept.find(
      (row) => row.sopInstanceUid === sopInstanceUid && row.sha256 === record.sha256,
    );
    if (known === undefined) return planNew(record, around);
    return planKnown(record, known, around) ?? [];
  });
}
