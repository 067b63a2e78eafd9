import { once } from 'node:events';
import { RadTriageError } from '#core/errors.ts';
import type { Config } from '#platform/config/config.ts';
import type { Destination } from '#platform/config/destinations.ts';
import type { Database } from '#platform/database/connect.ts';
import { keepCommitmentAnswers } from '#platform/deliveries/keep-answers.ts';
import type { Logger } from '#platform/logger/logger.ts';
import { type BackOff, nextPause } from '../back-off.ts';
import { findUncommitted, stopAsking, takeAnswers } from './ask-to-keep.ts';
import {
  type DueDelivery,
  dropSuperseded,
  findDue,
  giveUpOld,
  type Result,
} from './delivery-store.ts';
import { describeTrouble } from './describe-trouble.ts';
import { nextWork, readDestination, recordAnswer, recordTrouble } from './destination-store.ts';
import { holdLease } from './hold-lease.ts';
import type { DestinationLink } from './link.ts';
import { openLink } from './open-link.ts';
import { requestCommitment } from './request-commitment.ts';
import { sendDue } from './send-due.ts';

export interface ServeOptions {
  readonly database: Database;
  /** A file of the blob store. */
  readonly locate: (blobPath: string) => string;
  readonly config: Pick<Config, 'readingMode'> & {
    readonly dicom: Pick<Config['dicom'], 'aeTitles' | 'tls'>;
  };
  readonly logger: Logger;
  /** Tells this process from every other. */
  readonly owner: string;
  readonly clock: () => Date;
  readonly onResult?: ((destination: string, event: Result['event']) => void) | undefined;
}

/** Objects sent over one link: what one process does before it looks again. */
const RUN = 50;
const HOUR_MS = 3_600_000;
const LONGEST_PAUSE_MS = 600_000;
/** When another process serves the destination. */
const LOOK_AGAIN_MS = 1_000;

/** Brings to one destination what is planned for it. All it knows stands in Postgres: it may be killed at any time. */
export class DestinationServer {
  readonly #destination: Destination;
  readonly #options: ServeOptions;
  readonly #backOff: BackOff;
  readonly #giveUpMs: number;
  readonly #stopping = new AbortController();

  constructor(destination: Destination, options: ServeOptions) {
    this.#destination = destination;
    this.#options = options;
    const firstMs = destination.retrySeconds * 1_000;
    this.#backOff = { firstMs, longestMs: LONGEST_PAUSE_MS };
    this.#giveUpMs = destination.giveUpHours * HOUR_MS;
  }

  /** Ends what is under way. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Does what is due. @returns when there is more to do, by the clock of the options */
  async look(): Promise<Date | undefined> {
    const { database, clock, owner } = this.#options;
    const { name } = this.#destination;
    const at = await nextWork(database, name, this.#giveUpMs);
    if (at === undefined || at > clock() || this.#stopping.signal.aborted) return at;
    const served = await holdLease(database, { name, owner }, async (lost) => {
      await this.#serve(AbortSignal.any([lost, this.#stopping.signal]));
      return true;
    });
    if (served === undefined) return new Date(clock().getTime() + LOOK_AGAIN_MS);
    return nextWork(database, name, this.#giveUpMs);
  }

  async #serve(signal: AbortSignal): Promise<void> {
    const { database, clock } = this.#options;
    const { name } = this.#destination;
    await this.#tidy();
    const { nextAttemptAt } = await readDestination(database, name);
    const now = clock();
    if (nextAttemptAt !== null && nextAttemptAt > now) return;
    const due = await findDue(database, name, { now, limit: RUN });
    const uncommitted = await findUncommitted(database, name, { now, limit: 1 });
    if (due.length === 0 && uncommitted.length === 0) return;
    const { answers, error } = await this.#contact(due, signal);
    if (answers > 0) await recordAnswer(database, name, clock());
    if (error !== undefined && !signal.aborted) await this.#onTrouble(error);
  }

  /** Settles what needs no contact. */
  async #tidy(): Promise<void> {
    const { database, clock, logger } = this.#options;
    const { name: destination } = this.#destination;
    const now = clock();
    const before = new Date(now.getTime() - this.#giveUpMs);
    const superseded = await dropSuperseded(database, destination, now);
    if (superseded > 0) logger.info({ destination, objects: superseded }, 'superseded, not sent');
    const givenUp = await giveUpOld(database, destination, { before, now });
    if (givenUp > 0) logger.error({ destination, objects: givenUp }, 'given up: dead letters');
    const unanswered = await stopAsking(database, destination, before);
    if (unanswered > 0) {
      logger.error({ destination, objects: unanswered }, 'storage commitment never answered');
    }
    const taken = await takeAnswers(database, destination, { now, backOff: this.#backOff });
    if (taken.notKept > 0) logger.warn({ destination, ...taken }, 'not kept, and sent again');
    else if (taken.committed > 0) logger.info({ destination, ...taken }, 'committed to');
  }

  /** Opens a link and uses it. @returns how often the destination answered, and what went wrong in the end */
  async #contact(
    due: readonly DueDelivery[],
    signal: AbortSignal,
  ): Promise<{ answers: number; error?: unknown }> {
    const { database, clock, config } = this.#options;
    const destination = this.#destination;
    let answers = 0;
    let link: DestinationLink | undefined;
    const opening = this.#open(due);
    // Set while the line is still being opened, or later: either way it is ended.
    const end = () => void opening.then((opened) => opened.abort()).catch(() => undefined);
    const ended = once(signal, 'abort').then(() => {
      throw new RadTriageError('ASSOCIATION_FAILED', 'ended by us');
    });
    ended.catch(() => undefined);
    signal.addEventListener('abort', end);
    try {
      link = await Promise.race([opening, ended]);
      await sendDue(link, due, {
        ...{ database, destination, clock, signal, backOff: this.#backOff },
        withholdsPlaces: config.readingMode === 'triage-only',
        onResult: (delivery, result, answered) => {
          if (answered) answers += 1;
          this.#tell(delivery, result);
        },
      });
      if (!signal.aborted) answers += await requestCommitment(link, this.#commitmentOptions());
      return { answers };
    } catch (error) {
      // Links say what they are in for with codes of ours; anything else is our own trouble (the database is away).
      if (!(error instanceof RadTriageError)) throw error;
      return { answers, error };
    } finally {
      signal.removeEventListener('abort', end);
      await link?.close();
    }
  }

  #open(due: readonly DueDelivery[]): Promise<DestinationLink> {
    const { database, locate, config } = this.#options;
    const { name } = this.#destination;
    return openLink(this.#destination, due, {
      ...{ locate, dicom: config.dicom },
      onReport: (report) => keepCommitmentAnswers(database, report, [name]),
    });
  }

  #commitmentOptions() {
    const { database, clock, logger } = this.#options;
    const destination = this.#destination;
    return { database, clock, logger, destination, backOff: this.#backOff };
  }

  #tell({ deliveryKey, sopInstanceUid, kind }: DueDelivery, result: Result): void {
    const { logger, onResult } = this.#options;
    const destination = this.#destination.name;
    onResult?.(destination, result.event);
    const facts = { destination, deliveryKey, sopInstanceUid, kind };
    if (result.event === 'taken') logger.info({ ...facts, warning: result.warning }, 'delivered');
    else {
      const { reason } = result;
      if (result.event === 'try-again') logger.warn({ ...facts, reason }, 'not delivered yet');
      else logger.error({ ...facts, reason }, 'not delivered: a dead letter');
    }
  }

  async #onTrouble(thrown: unknown): Promise<void> {
    const { database, clock, logger } = this.#options;
    const { name } = this.#destination;
    const { failures } = await readDestination(database, name);
    const now = clock();
    const error = describeTrouble(thrown);
    const nextAttemptAt = new Date(now.getTime() + nextPause(failures + 1, this.#backOff));
    await recordTrouble(database, name, { error, now, nextAttemptAt });
    const facts = { destination: name, failures: failures + 1, err: thrown };
    if (failures === 0) logger.warn(facts, 'a destination is in trouble');
    else logger.debug(facts, 'a destination is still in trouble');
  }
}
