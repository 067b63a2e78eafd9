import { type Kysely, sql } from 'kysely';
import {
  type ImageGroup,
  type NumberRuns,
  type SignalEvidence,
  type StudyEvidence,
  viewName,
} from '#core/completeness/evidence.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';

type Transaction = Kysely<DatabaseSchema>;

/** A study with more signals than this has heard enough; the last ones count. */
const MAX_SIGNALS = 32;
/** int4range excludes its end, which for this number would not fit. */
const LARGEST_INTEGER = 2 ** 31 - 1;

/** Reads `{[1,213),[214,216)}` of Postgres, whose ends are excluded. */
function parseMultirange(text: string | null): NumberRuns {
  const runs: [number, number][] = [];
  for (const [, first, end] of (text ?? '').matchAll(/\[(-?\d+),(-?\d+)\)/g)) {
    runs.push([Number(first), Number(end) - 1]);
  }
  return runs;
}

const GROUP_COLUMNS = [
  'kind',
  'seriesInstanceUid',
  'modality',
  'bodyPartExamined',
  'seriesDescription',
  'protocolName',
  'callingAe',
  'viewPosition',
  'viewCode',
  'imageLaterality',
  'acquisitionNumber',
  'imagesInAcquisition',
  'numberOfSeriesRelatedInstances',
  'numberOfStudyRelatedInstances',
] as const;

async function readGroups(
  trx: Transaction,
  studyKey: string,
): Promise<{ groups: ImageGroup[]; objects: number }> {
  const rows = await trx
    .selectFrom('instance')
    .select(GROUP_COLUMNS)
    .select([
      sql<number>`count(*)::int`.as('images'),
      // The numbers of a series as a few ranges, however many images it has.
      sql<
        string | null
      >`(range_agg(int4range(instance_number, instance_number, '[]')) FILTER (WHERE instance_number < ${LARGEST_INTEGER}))::text`.as(
        'numbers',
      ),
    ])
    .where('studyKey', '=', studyKey)
    .where('standing', '=', 'current')
    .groupBy(GROUP_COLUMNS)
    .execute();
  const objects = rows
    .filter(({ kind }) => kind === 'object')
    .reduce((sum, { images }) => sum + images, 0);
  const groups = rows
    .filter(({ kind }) => kind === 'image')
    .map(
      (row): ImageGroup => ({
        seriesInstanceUid: row.seriesInstanceUid,
        modality: row.modality ?? undefined,
        bodyPart: row.bodyPartExamined ?? undefined,
        seriesDescription: row.seriesDescription ?? undefined,
        protocolName: row.protocolName ?? undefined,
        callingAe: row.callingAe,
        view: viewName(row.viewCode, row.viewPosition),
        laterality: row.imageLaterality ?? undefined,
        acquisitionNumber: row.acquisitionNumber ?? undefined,
        imagesInAcquisition: row.imagesInAcquisition ?? undefined,
        numberOfSeriesRelatedInstances: row.numberOfSeriesRelatedInstances ?? undefined,
        numberOfStudyRelatedInstances: row.numberOfStudyRelatedInstances ?? undefined,
        images: row.images,
        numbers: parseMultirange(row.numbers),
      }),
    );
  return { groups, objects };
}

async function readSignals(
  trx: Transaction,
  study: { studyKey: string; studyInstanceUid: string },
  usedUpTo: number,
): Promise<SignalEvidence[]> {
  const rows = await trx
    .selectFrom('completionSignal as signal')
    .select(['signalKey', 'kind', 'source', 'imageCount', 'receivedAt'])
    .select([
      sql<number | null>`cardinality(expected_instances)`.as('expected'),
      // A set operation sorts or hashes, whatever the planner believes of the sizes; a join of a study that has just
      // come, with no statistics yet, went through 2,000 times 2,000 pairs.
      sql<number>`(SELECT count(*)::int FROM (
        SELECT unnest(signal.expected_instances)
        INTERSECT
        SELECT sop_instance_uid FROM instance
        WHERE study_key = ${study.studyKey} AND standing = 'current') AS here)`.as('present'),
    ])
    .where('studyInstanceUid', '=', study.studyInstanceUid)
    .orderBy('signalKey', 'desc')
    .limit(MAX_SIGNALS)
    .execute();
  return rows.map((row) => ({
    key: Number(row.signalKey),
    kind: row.kind,
    source: row.source,
    named: row.expected === null ? undefined : { expected: row.expected, present: row.present },
    imagesThen: row.imageCount,
    receivedAt: row.receivedAt.getTime(),
    isNew: Number(row.signalKey) > usedUpTo,
  }));
}

export interface StudyFacts {
  readonly studyKey: string;
  readonly studyInstanceUid: string;
  readonly site: string;
  readonly studyDescription: string | null;
  readonly imageCount: number;
}

export interface ReadEvidence {
  readonly evidence: StudyEvidence;
  /** Whether all demands were met when the study was last closed. */
  readonly demandsMetBefore: boolean;
}

/** What the row of a study alone tells: enough for the rules of time. */
export function evidenceOfRow(study: StudyFacts): ReadEvidence {
  return {
    evidence: {
      site: study.site,
      studyDescription: study.studyDescription ?? undefined,
      images: study.imageCount,
      objects: 0,
      groups: [],
      signals: [],
    },
    demandsMetBefore: false,
  };
}

/**
 * Gathers what the index knows of a study.
 * @param withImages false when no rule asks for anything of the images: they are not looked at then
 */
export async function readEvidence(
  trx: Transaction,
  study: StudyFacts,
  { withImages }: { withImages: boolean },
): Promise<ReadEvidence> {
  const last = await trx
    .selectFrom('imageRevision')
    .select(['demandsMet', 'signalKey'])
    .where('studyKey', '=', study.studyKey)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  const signals = await readSignals(trx, study, Number(last?.signalKey ?? 0));
  const read = withImages ? await readGroups(trx, study.studyKey) : { groups: [], objects: 0 };
  const { evidence } = evidenceOfRow(study);
  return {
    evidence: { ...evidence, ...read, signals },
    demandsMetBefore: last?.demandsMet === true,
  };
}
