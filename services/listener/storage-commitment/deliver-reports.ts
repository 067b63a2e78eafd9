import { setTimeout } from 'node:timers/promises';
import { sql } from 'kysely';
import { toRadTriageError } from '#core/errors.ts';
import type { PeerAssociation } from '#dicom/dimse/dimse-service.ts';
import {
  STORAGE_COMMITMENT_INSTANCE,
  STORAGE_COMMITMENT_PUSH_MODEL,
} from '#dicom/dimse/storage-commitment.ts';
import type { Config } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';
import {
  type Commitment,
  type DeliveryOutcome,
  findDue,
  isStillDue,
  loadReport,
  nextDue,
  recordDelivery,
} from './commitment-store.ts';
import { type CommitmentReport, encodeReport, eventTypeOf } from './encode-report.ts';
import { PeerLink } from './peer-link.ts';

/** The association that a request came in on, which may still wait for its answer. */
export interface HeldAssociation {
  readonly association: PeerAssociation;
  readonly transferSyntaxUid: string;
}

export interface DeliverOptions {
  readonly database: Database;
  readonly dicom: Pick<Config['dicom'], 'peers' | 'storageCommitment' | 'tls'>;
  /** By commitment key. */
  readonly held: Map<string, HeldAssociation>;
  readonly logger: Logger;
}

/** Peers that are reported to at the same time: one that hangs holds up none of the others. */
const MAX_PEERS_AT_ONCE = 3;
const BATCH = 100;
const MAX_PAUSE_MS = 600_000;
const HOUR_MS = 3_600_000;
const AFTER_FAILURE_MS = 1_000;

/** Sends what has been decided to whoever asked, each peer by itself. */
export class ReportDelivery {
  readonly #options: DeliverOptions;
  readonly #underWay = new Map<string, { link: PeerLink; done: Promise<void> }>();
  readonly #stopping = new AbortController();
  #closed = false;

  constructor(options: DeliverOptions) {
    this.#options = options;
  }

  /** Begins to deliver what is due, to peers that are not being delivered to. `onDone` is called after each of them. */
  async deliverDue(onDone: () => void): Promise<void> {
    const { database, dicom, logger } = this.#options;
    const busy = [...this.#underWay.keys()];
    const options = { now: new Date(), limit: BATCH, except: busy };
    const due = await findDue(database, 'reporting', options);
    for (const peer of new Set(due.map(({ callingAe }) => callingAe))) {
      if (this.#closed || this.#underWay.size >= MAX_PEERS_AT_ONCE) return;
      const reports = due.filter(({ callingAe }) => callingAe === peer);
      const link = new PeerLink(peer, dicom);
      const done = this.#deliverTo(link, { peer, reports })
        .catch((error: unknown) => {
          logger.warn({ err: error, peer }, 'storage commitment reports wait');
          return this.#pause();
        })
        .finally(() => {
          this.#underWay.delete(peer);
          onDone();
        });
      this.#underWay.set(peer, { link, done });
    }
  }

  /** When the next report is due; undefined when none is, or none can be taken on before one is done. */
  async nextDue(): Promise<Date | undefined> {
    if (this.#underWay.size >= MAX_PEERS_AT_ONCE) return undefined;
    return nextDue(this.#options.database, 'reporting', [...this.#underWay.keys()]);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopping.abort();
    const underWay = [...this.#underWay.values()];
    for (const { link } of underWay) link.abort();
    await Promise.all(underWay.map(({ done }) => done));
  }

  /** One association for all of a peer's reports; another process that delivers to it at the moment is left to it. */
  async #deliverTo(
    link: PeerLink,
    work: { peer: string; reports: readonly Commitment[] },
  ): Promise<void> {
    await this.#options.database.transaction().execute(async (trx) => {
      const key = `storage commitment ${work.peer}`;
      const lock = await sql<{ got: boolean }>`
        SELECT pg_try_advisory_xact_lock(hashtextextended(${key}, 0)) AS got`.execute(trx);
      if (lock.rows[0]?.got !== true) return this.#pause();
      try {
        for (const commitment of work.reports) {
          if (this.#closed) return;
          await this.#deliver(commitment, link);
        }
      } finally {
        await link.release();
      }
    });
  }

  /** Before a peer is taken on again whose reports could not even be tried. */
  async #pause(): Promise<void> {
    const { signal } = this.#stopping;
    await setTimeout(AFTER_FAILURE_MS, undefined, { signal }).catch(() => undefined);
  }

  async #deliver(commitment: Commitment, link: PeerLink): Promise<void> {
    const { database, held, logger } = this.#options;
    const { commitmentKey, callingAe, transactionUid } = commitment;
    if (!(await isStillDue(database, commitment))) return;
    const error = await this.#send(commitment, await loadReport(database, commitment), link);
    // Ended by us on shutdown: not the peer's doing, and due again at the next start.
    if (this.#closed && error !== undefined) return;
    const outcome = this.#judge(commitment, error);
    await recordDelivery(database, commitment, { outcome, now: new Date() });
    if (outcome.event !== 'try-again') held.delete(commitmentKey);
    const facts = { callingAe, transactionUid, tries: commitment.attempts + 1, error };
    if (outcome.event === 'report-delivered') logger.info(facts, 'storage commitment reported');
    else if (outcome.event === 'try-again') logger.warn(facts, 'storage commitment not reported');
    else logger.error(facts, 'storage commitment given up: its peer could not be told');
  }

  /** @returns why the report was not delivered, for people; undefined when it was */
  async #send(
    { commitmentKey, calledAe }: Commitment,
    report: CommitmentReport,
    link: PeerLink,
  ): Promise<string | undefined> {
    const held = this.#options.held.get(commitmentKey);
    if (held?.association.open === true) {
      const status = await reportOn(held, report);
      if (status !== undefined) return refusalOf(status);
    }
    try {
      return refusalOf(await link.report(report, calledAe));
    } catch (error) {
      const { code, message } = toRadTriageError(error);
      return `${code}: ${message}`;
    }
  }

  #judge({ decidedAt, attempts }: Commitment, error: string | undefined): DeliveryOutcome {
    if (error === undefined) return { event: 'report-delivered' };
    const { retrySeconds, giveUpHours } = this.#options.dicom.storageCommitment;
    const now = Date.now();
    const giveUpAt = (decidedAt?.getTime() ?? now) + giveUpHours * HOUR_MS;
    if (now >= giveUpAt) return { event: 'report-given-up', error };
    const pause = Math.min(retrySeconds * 1_000 * 2 ** Math.min(attempts, 30), MAX_PAUSE_MS);
    const nextAttemptAt = new Date(Math.min(now + pause, giveUpAt));
    return { event: 'try-again', error, nextAttemptAt };
  }
}

/** @returns the peer's status; undefined when it released, as most do right after the request */
async function reportOn(
  { association, transferSyntaxUid }: HeldAssociation,
  report: CommitmentReport,
): Promise<number | undefined> {
  try {
    return await association.reportEvent({
      sopClassUid: STORAGE_COMMITMENT_PUSH_MODEL,
      sopInstanceUid: STORAGE_COMMITMENT_INSTANCE,
      eventTypeId: eventTypeOf(report),
      dataSet: encodeReport(report, transferSyntaxUid),
    });
  } catch {
    return undefined;
  }
}

/** Warnings mean delivered: attribute list, attribute value out of range, and what a peer defines itself. */
const WARNINGS: ReadonlySet<number> = new Set([0x0001, 0x0107, 0x0116]);

function refusalOf(status: number): string | undefined {
  if (status === 0 || WARNINGS.has(status) || status >>> 12 === 0xb) return undefined;
  return `the peer answered ${status.toString(16).toUpperCase().padStart(4, '0')}H to the report`;
}
