import { sql } from 'kysely';
import type { StudyDetail } from '#contracts/study.ts';
import type { Principal } from '#platform/http/principal.ts';
import { readStudyNotifications } from '#platform/notifications/read-notifications.ts';
import { findCurrentRuns, readFindings } from '#platform/study-results/read-findings.ts';
import type { WebContext } from '../context.ts';
import { type StudyRow, toWorklistItems } from '../list/study-item.ts';
import { toStudyNotification } from '../notifications/study-notifications.ts';
import { readAnalysisRuns } from './analysis-runs.ts';
import { readExplanations } from './explanations.ts';
import { findStudy } from './find-study.ts';
import { readHeatmapSummaries } from './heatmaps.ts';
import { readInstances, toSeries } from './images.ts';
import { readImpression } from './impressions.ts';
import { toFindings } from './results.ts';
import { readReviews } from './reviews.ts';
import { sightOf } from './sight.ts';
import { withholdFrom } from './withhold.ts';

async function readRevisions(context: WebContext, row: StudyRow) {
  const revisions = await context.database
    .selectFrom('imageRevision')
    .select(['imageRevision', 'number', 'imageCount', 'createdAt'])
    .select(['completionReason', 'completionRule'])
    .where('studyKey', '=', row.studyKey)
    .orderBy('number', 'desc')
    .execute();
  return revisions.map(({ createdAt, ...rest }) => ({
    ...rest,
    createdAt: createdAt.toISOString(),
  }));
}

/** The word of another system that waits for the reader to leave the study. */
async function readHeldReport({ database }: WebContext, row: StudyRow) {
  if (row.readingStatus !== 'open') return null;
  const report = await database
    .selectFrom('outsideReport')
    .select(['source', 'receivedAt'])
    .where('state', '=', 'held')
    .where(sql<boolean>`held_revisions ? ${row.studyKey}`)
    .orderBy('receivedAt')
    .limit(1)
    .executeTakeFirst();
  if (report === undefined) return null;
  return { by: report.source, at: report.receivedAt.toISOString(), pending: true };
}

type AiWord = Pick<
  StudyDetail,
  'analysisRuns' | 'findings' | 'heatmaps' | 'explanations' | 'reviews' | 'notifications'
>;

/** What models said, who was told of it, and what others made of it. */
async function readAiWord(
  { database, config }: WebContext,
  row: StudyRow,
  principal: Principal,
): Promise<AiWord> {
  const { readingMode } = config;
  const currentRun = (await findCurrentRuns(database, [row])).get(row.studyKey);
  const runKeys = currentRun === undefined ? [] : [currentRun];
  const findings = await readFindings(database, runKeys);
  const reviews = await readReviews(database, [row.studyKey], readingMode);
  return {
    analysisRuns: await readAnalysisRuns(database, row.studyKey, principal.roles.includes('admin')),
    findings: toFindings(findings, readingMode),
    heatmaps: readingMode === 'assist' ? await readHeatmapSummaries(database, runKeys) : [],
    explanations: readingMode === 'assist' ? await readExplanations(database, runKeys) : [],
    reviews: reviews.get(row.studyKey) ?? [],
    notifications: (await readStudyNotifications(database, [row.studyKey])).map(
      toStudyNotification,
    ),
  };
}

/** Of a study that is read blind first: that there were runs, and nothing of what they said. */
function withoutAiWord({ analysisRuns }: AiWord): AiWord {
  const nothing = { findings: [], heatmaps: [], explanations: [], reviews: [], notifications: [] };
  const runs = analysisRuns.map((run) => ({ ...run, reason: null, models: [] }));
  return { ...nothing, analysisRuns: runs };
}

/** Everything that the page shows of one study, cut to what the asker and the reading mode may see. */
export async function readStudyDetail(
  context: WebContext,
  studyInstanceUid: string,
  principal: Principal,
): Promise<StudyDetail> {
  const { database, config } = context;
  const row = await findStudy(database, studyInstanceUid);
  const sight = sightOf(config, principal);
  const rows = await toWorklistItems(database, [row], new Date());
  const [item] = await withholdFrom(database, sight, rows);
  if (item === undefined) throw new TypeError('a row gives an item');
  const said = await readAiWord(context, row, principal);
  return {
    ...item,
    ...(item.aiWithheld ? withoutAiWord(said) : said),
    reportedElsewhere: item.reportedElsewhere ?? (await readHeldReport(context, row)),
    readingMode: config.readingMode,
    imageRevision: row.imageRevision,
    imageRevisions: await readRevisions(context, row),
    series: toSeries(await readInstances(database, row.studyKey, { sight })),
    impression: await readImpression(database, row.studyKey, principal.name),
  };
}
