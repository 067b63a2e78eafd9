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
import { toFindings } from './results.ts';
import { readReviews } from './reviews.ts';

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

/** Everything that the page shows of one study, cut to what the asker and the reading mode may see. */
export async function readStudyDetail(
  context: WebContext,
  studyInstanceUid: string,
  principal: Principal,
): Promise<StudyDetail> {
  const { database, config } = context;
  const { readingMode } = config;
  const row = await findStudy(database, studyInstanceUid);
  const items = await toWorklistItems(database, [row], new Date());
  const item = items[0];
  if (item === undefined) throw new TypeError('a row gives an item');
  const currentRun = (await findCurrentRuns(database, [row])).get(row.studyKey);
  const runKeys = currentRun === undefined ? [] : [currentRun];
  const findings = await readFindings(database, runKeys);
  const reviews = await readReviews(database, [row.studyKey], readingMode);
  return {
    ...item,
    readingMode,
    imageRevision: row.imageRevision,
    imageRevisions: await readRevisions(context, row),
    series: toSeries(await readInstances(database, row.studyKey, { readingMode })),
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
