import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import { openAssociation, type ScuAssociation, type ScuOptions } from '#dicom/dimse/scu.ts';
import {
  STORAGE_COMMITMENT_INSTANCE,
  STORAGE_COMMITMENT_PUSH_MODEL,
} from '#dicom/dimse/storage-commitment.ts';
import {
  EXPLICIT_VR_LITTLE_ENDIAN,
  IMPLICIT_VR_LITTLE_ENDIAN,
} from '#dicom/part10/transfer-syntaxes.ts';
import type { Config } from '#platform/config/config.ts';
import { tlsToPeer } from '../peer-certificate.ts';
import { type CommitmentReport, encodeReport, eventTypeOf } from './encode-report.ts';

const TIMEOUTS = { associateMs: 15_000, responseMs: 30_000, releaseMs: 5_000 };

/** Our own association to one peer, opened at the first report that needs it, and used for all that follow. */
export class PeerLink {
  readonly #peer: string;
  readonly #dicom: Pick<Config['dicom'], 'peers' | 'tls'>;
  #association: ScuAssociation | undefined;
  #ourTitle: string | undefined;
  #unreachable: RadTriageError | undefined;

  constructor(peer: string, dicom: Pick<Config['dicom'], 'peers' | 'tls'>) {
    this.#peer = peer;
    this.#dicom = dicom;
  }

  /**
   * Reports an event as the SCP of the class (PS3.4 J.3.3).
   * @param ourTitle the AE title that the peer asked
   * @returns the peer's status
   * @throws RadTriageError CONFIG_INVALID when the configuration knows no address of the peer; ASSOCIATION_FAILED,
   * ASSOCIATION_REJECTED, DICOM_UNSUPPORTED. A peer that was not reached once is not tried again over this link.
   */
  async report(report: CommitmentReport, ourTitle: string): Promise<number> {
    if (this.#unreachable !== undefined) throw this.#unreachable;
    const association = await this.#reach(ourTitle);
    try {
      const context = association.accepted[0];
      const answer = await association.request({
        operation: 'n-event-report',
        sopClassUid: STORAGE_COMMITMENT_PUSH_MODEL,
        sopInstanceUid: STORAGE_COMMITMENT_INSTANCE,
        typeId: eventTypeOf(report),
        transferSyntaxUid: context?.transferSyntax ?? IMPLICIT_VR_LITTLE_ENDIAN,
        dataSet: encodeReport(report, context?.transferSyntax ?? IMPLICIT_VR_LITTLE_ENDIAN),
      });
      return answer.status;
    } catch (error) {
      association.abort();
      this.#association = undefined;
      throw error;
    }
  }

  async release(): Promise<void> {
    const association = this.#association;
    this.#association = undefined;
    // A peer that drops the line instead of answering has its report all the same.
    await association?.release().catch(() => undefined);
  }

  /** Ends what is under way, for a shutdown. */
  abort(): void {
    this.#association?.abort();
    this.#unreachable ??= new RadTriageError('ASSOCIATION_FAILED', 'shutting down');
  }

  async #reach(ourTitle: string): Promise<ScuAssociation> {
    if (this.#association !== undefined && this.#ourTitle === ourTitle) return this.#association;
    await this.release();
    try {
      const opened = await openAssociation({
        ...(await this.#address()),
        callingAe: ourTitle,
        calledAe: this.#peer,
        contexts: [
          {
            abstractSyntax: STORAGE_COMMITMENT_PUSH_MODEL,
            transferSyntaxes: [EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN],
            roles: { scu: false, scp: true },
          },
        ],
        timeouts: TIMEOUTS,
      });
      this.#association = opened;
      this.#ourTitle = ourTitle;
      return opened;
    } catch (error) {
      this.#unreachable ??= toRadTriageError(error);
      throw this.#unreachable;
    }
  }

  async #address(): Promise<Pick<ScuOptions, 'host' | 'port' | 'tls'>> {
    const { peers, tls } = this.#dicom;
    for (const entry of peers) {
      const { aeTitle, host, port } = entry;
      if (aeTitle !== this.#peer || host === undefined || port === undefined) continue;
      if (!entry.tls || tls === undefined) return { host, port };
      return { host, port, tls: await tlsToPeer(tls, entry.certificate) };
    }
    throw new RadTriageError(
      'CONFIG_INVALID',
      `dicom.peers gives no host and port for ${this.#peer}: it can only be told while its association lasts`,
    );
  }
}
