import { startDimseServices } from '#listener/dimse-services.ts';
import { type Listener, startListener } from '#listener/start-listener.ts';
import { loadConfig } from '#platform/config/config.ts';
import { type MinimalObject, minimalImage } from '#test-data/minimal-objects.ts';
import { openModality, type Reference, startReportDoor } from './commitment-peer.ts';
import { receiveFile, silent, startTestIntake, type TestIntake } from './intake.ts';
import { findFreePort } from './ports.ts';
import { waitFor } from './wait-for.ts';

export interface DoorSettings {
  readonly commitment?: Record<string, unknown>;
  readonly retention?: Record<string, unknown>;
  readonly dicom?: Record<string, unknown>;
}

export interface CommitmentDoor extends Listener {
  stopServices(): Promise<void>;
}

/** One database and image store, and doors with storage commitment over them that come and go. */
export class CommitmentSite {
  readonly intake: TestIntake;
  /** Where the peer MODALITY takes reports, once it does. */
  readonly reportPort: number;
  readonly #closing: (() => Promise<unknown>)[] = [];
  #uids = 0;

  private constructor(intake: TestIntake, reportPort: number) {
    this.intake = intake;
    this.reportPort = reportPort;
  }

  static async start(): Promise<CommitmentSite> {
    return new CommitmentSite(await startTestIntake(), await findFreePort());
  }

  /** Closes what has been opened since the last time. */
  async closeAll(): Promise<void> {
    for (const close of this.#closing.splice(0).reverse()) await close();
  }

  nextUid(): string {
    this.#uids += 1;
    return `1.2.826.0.1.${this.#uids}`;
  }

  /** Objects are kept for a year unless the test says otherwise. */
  async openDoor(settings: DoorSettings = {}): Promise<CommitmentDoor> {
    const { retention = { keepAtLeastDays: 365 } } = settings;
    const storageCommitment = {
      ...{ enabled: true, waitSeconds: 0, retrySeconds: 0.05 },
      ...settings.commitment,
    };
    const peers = [
      { aeTitle: 'MODALITY', host: '127.0.0.1', port: this.reportPort },
      { aeTitle: 'NOWHERE' },
    ];
    const config = loadConfig({
      environment: {},
      overrides: { dicom: { port: 0, peers, storageCommitment, ...settings.dicom }, retention },
    });
    const { db, blobStore, receiver } = this.intake;
    const services = startDimseServices({
      ...{ database: db.database, blobStore, config, logger: silent },
    });
    const listener = await startListener({
      ...{ config, receiver, logger: silent, services: services.offered },
    });
    this.#closing.push(
      () => services.close(),
      () => listener.close({ graceMs: 0 }),
    );
    return { ...listener, stopServices: () => services.close() };
  }

  async openReports(options?: Parameters<typeof startReportDoor>[1]) {
    const door = await startReportDoor(this.reportPort, options);
    this.#closing.push(() => door.close());
    return door;
  }

  async keep(seed: string): Promise<MinimalObject & { reference: Reference }> {
    const image = minimalImage({ modality: 'CR', seed });
    await receiveFile(this.intake.receiver, image.bytes);
    return { ...image, reference: [image.sopClassUid, image.sopInstanceUid] };
  }

  /** Asks as a modality that releases at once, as most do. */
  async ask(
    options: Parameters<typeof openModality>[0],
    references: readonly Reference[],
    transactionUid = this.nextUid(),
  ) {
    const modality = await openModality(options);
    const answer = await modality.ask(transactionUid, references);
    await modality.release();
    return { status: answer.status, transactionUid };
  }

  rowOf(transactionUid: string) {
    return this.intake.db.database
      .selectFrom('commitment')
      .selectAll()
      .where('transactionUid', '=', transactionUid)
      .executeTakeFirst();
  }

  waitForState(transactionUid: string, state: string) {
    return waitFor(
      async () => {
        const row = await this.rowOf(transactionUid);
        return row?.state === state ? row : undefined;
      },
      { what: `the commitment to be ${state}`, deadlineMs: 30_000 },
    );
  }
}
