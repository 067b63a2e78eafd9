import { loadConfig } from '#platform/config/config.ts';
import type { NotificationRule } from '#platform/config/notifications.ts';
import type { Database } from '#platform/database/connect.ts';
import type { ConcludedLabel } from '#platform/notifications/match-rule.ts';
import {
  type ConcludedRun,
  planNotifications,
} from '#platform/notifications/plan-notifications.ts';
import { type SeededStudy, seedRun, seedStudy } from './seed-studies.ts';

export const TEST_SECRET = 'a-secret-of-the-tests-only';
/** Holds TEST_SECRET in tests that send. */
export const SECRET_VARIABLE = 'WEBHOOK_TEST_SECRET';

type Settings = ReturnType<typeof settingsFor>;

/** Settings as the configuration would give them; receivers stand on loopback. */
export function settingsFor(
  rules: readonly Record<string, unknown>[],
  more: Record<string, unknown> = {},
) {
  const { notifications } = loadConfig({
    environment: {},
    overrides: {
      notifications: {
        pageUrl: 'https://triage.example/',
        plainHttpHosts: ['127.0.0.1'],
        innerHosts: ['127.0.0.1'],
        ...more,
        rules: rules.map((rule) => ({
          when: { flagged: true },
          secret: { variable: SECRET_VARIABLE },
          ...rule,
        })),
      },
    },
  });
  return notifications;
}

export function ruleFor(when: Record<string, unknown>, name = 'pager'): NotificationRule {
  const [rule] = settingsFor([{ name, when, url: 'https://pager.example/hook' }]).rules;
  if (rule === undefined) throw new Error('no rule');
  return rule;
}

export function concludedLabel(more: Partial<ConcludedLabel> = {}): ConcludedLabel {
  return {
    id: 'pneumothorax',
    label: 'Pneumothorax',
    code: { scheme: 'SCT', value: '36118008', meaning: 'Pneumothorax' },
    score: 0.93,
    threshold: 0.5,
    flagged: true,
    modelId: 'chest',
    modelVersion: '1.2.0',
    ...more,
  };
}

/** A study with a run that came to its result now, as inference hands it over. */
export async function concludeStudy(
  database: Database,
  more: Partial<ConcludedRun> & { readonly study?: SeededStudy; readonly number?: number } = {},
): Promise<ConcludedRun> {
  const { study: known, number = 1, ...facts } = more;
  const lastImageAt = new Date(Date.now() - 60_000);
  const study = known ?? (await seedStudy(database, { lastImageAt, receivedAt: lastImageAt }));
  const run = await seedRun(database, study, { imageRevision: 'r1', number });
  return {
    ...study,
    runKey: run.runKey,
    accessionNumber: 'A-77',
    modality: 'DX',
    site: 'North',
    priority: 'HIGH',
    priorityReason: 'HIGH: Pneumothorax, score 0.93 by chest 1.2.0, raised from MEDIUM',
    lastImageAt,
    labels: [concludedLabel()],
    concludedAt: new Date(),
    ...facts,
  };
}

/** Plans a notification for each rule about a study of its own. @returns the run that it tells of */
export async function planFor(
  database: Database,
  { rules }: Pick<Settings, 'rules'>,
  more: Parameters<typeof concludeStudy>[1] = {},
): Promise<ConcludedRun> {
  const run = await concludeStudy(database, more);
  await database.transaction().execute((trx) => planNotifications(trx, rules, run));
  return run;
}

export function readNotifications(database: Database) {
  return database.selectFrom('notification').selectAll().orderBy('notificationKey').execute();
}
