import { join } from 'node:path';
import type { ResultKind } from '#core/result-objects.ts';
import { planDeliveries } from '#delivery/destinations/plan-deliveries.ts';
import {
  type Deliveries,
  type DeliveryOptions,
  startDeliveries,
} from '#delivery/destinations/start-deliveries.ts';
import { type Config, loadConfig } from '#platform/config/config.ts';
import type { Destination } from '#platform/config/destinations.ts';
import { silent } from './intake.ts';
import { startTestDatabase, type TestDatabase } from './postgres.ts';
import { type SeededObject, seedResults } from './seed-results.ts';
import { type SeededStudy, seedStudy } from './seed-studies.ts';
import { temporaryDirectory } from './temporary.ts';
import { waitFor } from './wait-for.ts';

/** A destination that answers or fails quickly, unless a test says otherwise. */
export function storeTo(port: number, settings: Record<string, unknown> = {}) {
  return {
    name: 'pacs',
    kind: 'C-STORE',
    host: '127.0.0.1',
    port,
    calledAe: 'PACS',
    send: ['sr', 'seg', 'sc', 'ko', 'gsps', 'rejection'],
    retrySeconds: 0.05,
    timeouts: { connectSeconds: 5, responseSeconds: 5 },
    ...settings,
  };
}

export interface DeliveryRow {
  readonly destination: string;
  readonly kind: ResultKind;
  readonly sopInstanceUid: string;
  readonly state: string;
  readonly attempts: number;
  readonly lastError: string | null;
  readonly warning: string | null;
  readonly commitmentState: string | null;
}

/** A database, a folder of result objects, and destinations that are served. */
export class DeliverySite {
  readonly db: TestDatabase;
  readonly files = temporaryDirectory();
  #running: Deliveries[] = [];

  private constructor(db: TestDatabase) {
    this.db = db;
  }

  static async start(): Promise<DeliverySite> {
    return new DeliverySite(await startTestDatabase());
  }

  configure(destinations: readonly unknown[], overrides: Record<string, unknown> = {}): Config {
    return loadConfig({ environment: {}, overrides: { destinations, ...overrides } });
  }

  /** Plans objects of a new study, or of the one given, in the order of the kinds. */
  async plan(
    destinations: readonly Destination[],
    kinds: readonly ResultKind[],
    more: { study?: SeededStudy; number?: number; size?: number; below?: string } = {},
  ): Promise<{ study: SeededStudy; objects: SeededObject[] }> {
    const { database } = this.db;
    const study = more.study ?? (await seedStudy(database));
    const directory = join(this.files.path, more.below ?? '');
    const objects = await seedResults(database, study, { ...more, directory, kinds });
    const rule = { callingAe: null, site: '', modality: 'DX', priority: 'HIGH' } as const;
    const facts = { ...rule, flagged: true, verified: false, studyKey: study.studyKey, objects };
    await database.transaction().execute((trx) => planDeliveries(trx, destinations, facts));
    return { study, objects };
  }

  serve(config: Config, more: Partial<DeliveryOptions> = {}): Deliveries {
    const deliveries = startDeliveries({
      database: this.db.database,
      databaseUrl: this.db.url,
      destinations: config.destinations,
      locate: (blobPath) => join(this.files.path, blobPath),
      config,
      logger: silent,
      ...more,
    });
    this.#running.push(deliveries);
    return deliveries;
  }

  /** Stops serving, and forgets what was planned. */
  async reset(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((deliveries) => deliveries.close()));
    const { database } = this.db;
    await database.deleteFrom('delivery').execute();
    await database.deleteFrom('deliveryCommitment').execute();
    await database.deleteFrom('destination').execute();
  }

  /** Deliveries in the order in which they were planned. */
  rows(destination = 'pacs'): Promise<DeliveryRow[]> {
    return this.db.database
      .selectFrom('delivery')
      .innerJoin('resultObject', 'resultObject.resultObjectKey', 'delivery.resultObjectKey')
      .select(['destination', 'kind', 'sopInstanceUid', 'state', 'attempts'])
      .select(['lastError', 'warning', 'commitmentState'])
      .where('destination', '=', destination)
      .orderBy('deliveryKey')
      .execute();
  }

  /** Waits until all deliveries to a destination fulfil a condition, and gives them. */
  waitForRows(
    what: string,
    condition: (row: DeliveryRow) => boolean,
    options: { destination?: string; deadlineMs?: number } = {},
  ): Promise<DeliveryRow[]> {
    return waitFor(
      async () => {
        const rows = await this.rows(options.destination);
        return rows.length > 0 && rows.every(condition) ? rows : undefined;
      },
      { what, deadlineMs: options.deadlineMs ?? 20_000 },
    );
  }

  destination(name = 'pacs') {
    return this.db.database
      .selectFrom('destination')
      .selectAll()
      .where('name', '=', name)
      .executeTakeFirstOrThrow();
  }

  async stop(): Promise<void> {
    await this.reset();
    await this.db.stop();
    this.files.remove();
  }
}
