import type { Kysely } from 'kysely';
import { decidePriority, type PriorityRule } from '#core/priority.ts';
import { nextReadingStatus } from '#core/reading-state.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import { type StudyChange, updateStudy } from '#platform/study-store/update-study.ts';
import type { LockedStudy } from './lock-studies.ts';

type Transaction = Kysely<DatabaseSchema>;

/** What has become of the images of one study within a transaction. */
export interface StudyEffects {
  readonly study: LockedStudy;
  /** Images that it did not have before. */
  gained: number;
  /** SOP Instance UIDs of images that it has no longer. */
  readonly lost: string[];
  /** SOP Instance UIDs of images that show something else, or elsewhere, than before. */
  readonly changed: string[];
  /** Something about it is to be shown anew, without an analysis. */
  touched: boolean;
  /** How long it is waited for more, where something came. */
  wait: StudyChange['patch'];
  patch: StudyChange['patch'];
}

/** Gathers effects by study. */
export class EffectBook {
  readonly entries = new Map<string, StudyEffects>();

  of(study: LockedStudy): StudyEffects {
    const known = this.entries.get(study.studyKey);
    if (known !== undefined) return known;
    const fresh: StudyEffects = {
      study,
      gained: 0,
      lost: [],
      changed: [],
      touched: false,
      wait: undefined,
      patch: {},
    };
    this.entries.set(study.studyKey, fresh);
    return fresh;
  }
}

export const NOT_WAITING = {
  quietUntil: null,
  waitingSince: null,
  quietSince: null,
  waitingFor: null,
  waitsUntil: null,
  lookFloor: null,
} as const;

export const REASON_NO_IMAGES = 'no images: the study holds only other objects';

/** Why a study has no image, for people: what was withdrawn, moved or held back is never hidden without a word. */
export async function reasonWithoutImages(trx: Transaction, studyKey: string): Promise<string> {
  const rows = await trx
    .selectFrom('instance')
    .select(['standing', 'standingReason'])
    .distinct()
    .where('studyKey', '=', studyKey)
    .where('kind', '=', 'image')
    .execute();
  const reasons = rows.map(({ standing, standingReason }) => {
    if (standing === 'conflict') return 'its images wait in quarantine';
    if (standing === 'dismissed') return 'its images were dismissed from quarantine';
    return standing === 'current' ? null : standingReason;
  });
  const told = [...new Set(reasons.filter((reason) => reason !== null))].sort();
  return told.length === 0 ? REASON_NO_IMAGES : told.join('; ');
}

/** What was found on images that are gone, or that show something else now, stays on record and is shown no more. */
async function withdrawResults(
  trx: Transaction,
  studyKey: string,
  sopInstanceUids: readonly string[],
): Promise<void> {
  for (const table of ['finding', 'heatmap'] as const) {
    await trx
      .updateTable(table)
      .set({ withdrawnAt: new Date() })
      .where('studyKey', '=', studyKey)
      .where('sopInstanceUid', 'in', sopInstanceUids)
      .where('withdrawnAt', 'is', null)
      .execute();
  }
}

/** Without a revision no run is current: neither one that has ended nor one that is under way. */
const WITHOUT_RESULTS = {
  imageRevision: null,
  score: null,
  scoreModel: null,
  flagged: false,
  flaggedLabels: [],
  analysedAt: null,
  thumbnailBlob: null,
} satisfies StudyChange['patch'];

/** The place that a study has without any model: what raised it was found on images that it has no longer. */
function placeWithoutResults(study: LockedStudy, rule: PriorityRule) {
  const order = { priority: study.basePriority, source: study.orderPrioritySource };
  const decision = decidePriority(rule, { order, receivedAt: study.receivedAt.getTime() }, []);
  const { priority, reason, ruleId, ruleVersion } = decision;
  const dueAt = new Date(decision.dueAt);
  return { priority, reason, ruleId, ruleVersion, dueAt, rankAt: new Date(decision.rankAt) };
}

/** A closed study whose images changed waits for nothing new: it is looked at at once, and its last image counts. */
function dueNow({ status }: LockedStudy): StudyChange['patch'] {
  const now = new Date();
  if (status === 'receiving') return { lookAt: now };
  return { ...NOT_WAITING, quietUntil: now, lookAt: now };
}

async function takeImages(trx: Transaction, effects: StudyEffects): Promise<void> {
  const { study, patch, gained, lost, changed, wait } = effects;
  const isStale = lost.length + changed.length > 0;
  await updateStudy(trx, study.studyKey, {
    event: 'image-received',
    patch: {
      ...(isStale ? WITHOUT_RESULTS : {}),
      ...patch,
      imageCount: study.imageCount + gained - lost.length,
      imagesRemovedAt: null,
      ...(wait ?? dueNow(study)),
      statusReason: null,
      // What was signed before did not look at these: the study is back on the list.
      readingStatus: nextReadingStatus(study.readingStatus, 'images-arrived'),
    },
  });
}

async function looseImages(
  trx: Transaction,
  effects: StudyEffects,
  rule: PriorityRule,
): Promise<void> {
  const { study, patch, lost } = effects;
  const imageCount = study.imageCount - lost.length;
  // One that still receives closes by itself.
  const isOpen = study.status === 'receiving';
  await updateStudy(trx, study.studyKey, {
    event: 'images-withdrawn',
    patch: {
      ...WITHOUT_RESULTS,
      ...patch,
      ...(imageCount === 0 ? placeWithoutResults(study, rule) : {}),
      imageCount,
      ...dueNow(study),
      statusReason: null,
      readingStatus: nextReadingStatus(study.readingStatus, 'images-withdrawn'),
    },
  });
  if (imageCount > 0 || isOpen) return;
  await updateStudy(trx, study.studyKey, {
    event: 'set-aside',
    patch: {
      ...NOT_WAITING,
      completedAt: new Date(),
      statusReason: await reasonWithoutImages(trx, study.studyKey),
    },
  });
}

/** Tells each study what became of its images: status, count, reading, results, and the attributes that it follows. */
export async function settleStudies(
  trx: Transaction,
  book: EffectBook,
  rule: PriorityRule,
): Promise<void> {
  for (const effects of book.entries.values()) {
    const { study, gained, lost, changed, touched } = effects;
    const stale = [...lost, ...changed];
    if (stale.length > 0) await withdrawResults(trx, study.studyKey, stale);
    if (gained + changed.length > 0) await takeImages(trx, effects);
    else if (lost.length > 0) await looseImages(trx, effects, rule);
    else if (touched) await updateStudy(trx, study.studyKey, { patch: effects.patch });
  }
}
