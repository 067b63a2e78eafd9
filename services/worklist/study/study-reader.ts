import type { Finding, Review, WorklistItem } from '#contracts/study.ts';
import type { Principal } from '#platform/http/principal.ts';
import { findCurrentRuns, readFindings } from '#platform/study-results/read-findings.ts';
import type { WebContext } from '../context.ts';
import { toWorklistItems } from '../list/study-item.ts';
import { toFindings } from './results.ts';
import { readReviews } from './reviews.ts';
import { findWithheld, sightOf } from './sight.ts';
import { withholdFrom } from './withhold.ts';

/** A study with what was said of it, as the reading mode lets it be seen. */
export interface StudyWithWords {
  readonly study: WorklistItem;
  /** Of active models over the current images. */
  readonly findings: Finding[];
  /** The newest first. */
  readonly reviews: Review[];
}

/** Reads studies for other rooms. What the reading mode withholds is withheld here, once. */
export interface StudyReader {
  /** In the order of the keys; keys of no study are left out. Cut to what the asker may see. */
  readStudies(studyKeys: readonly string[], asker: Principal): Promise<StudyWithWords[]>;
  /** Of these studies those whose AI result the asker may not see yet, by their Study Instance UIDs. */
  findWithheld(
    asker: Principal,
    studyInstanceUids: readonly string[],
  ): Promise<ReadonlySet<string>>;
}

function groupByStudy<Row extends { studyKey: string }>(
  rows: readonly Row[],
): ReadonlyMap<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(row.studyKey, [...(groups.get(row.studyKey) ?? []), row]);
  return groups;
}

export function createStudyReader(context: WebContext): StudyReader {
  const { database } = context;
  const { readingMode } = context.config;
  return {
    findWithheld: (asker, uids) => findWithheld(database, sightOf(context.config, asker), uids),
    readStudies: async (studyKeys, asker) => {
      if (studyKeys.length === 0) return [];
      const rows = await database
        .selectFrom('study')
        .selectAll()
        .where('studyKey', 'in', studyKeys)
        .execute();
      const place = new Map(studyKeys.map((key, index) => [key, index]));
      rows.sort((a, b) => (place.get(a.studyKey) ?? 0) - (place.get(b.studyKey) ?? 0));
      const sight = sightOf(context.config, asker);
      const all = await toWorklistItems(database, rows, new Date());
      const items = await withholdFrom(database, sight, all);
      const runs = await findCurrentRuns(database, rows);
      const findings = groupByStudy(await readFindings(database, [...runs.values()]));
      const reviews = await readReviews(database, studyKeys, readingMode);
      return rows.flatMap((row, index) => {
        const study = items[index];
        if (study === undefined) return [];
        if (study.aiWithheld) return { study, findings: [], reviews: [] };
        const found = findings.get(row.studyKey) ?? [];
        return {
          study,
          findings: toFindings(found, readingMode),
          reviews: reviews.get(row.studyKey) ?? [],
        };
      });
    },
  };
}
