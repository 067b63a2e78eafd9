import type { AssociateAnswer, AssociateRequest } from './associate-codec.ts';
import type { PduReaderLimits, PdvFragment } from './pdu-reader.ts';

/** How an association came to its end. */
export interface AssociationEnd {
  readonly how:
    | 'released'
    | 'rejected'
    | 'aborted-by-peer'
    | 'aborted'
    | 'timeout'
    | 'connection-lost';
  /** For the log; no patient data. */
  readonly detail: string;
}

/** What the service user is told (the indications and confirmations of PS3.8 section 7). */
export interface UpperLayerUser {
  associateRequested(request: AssociateRequest): void;
  associateAnswered(answer: AssociateAnswer): void;
  associateRejected(rejection: { result: number; source: number; reason: number }): void;
  /** A returned promise holds the peer back: nothing more is read until it settles. */
  dataReceived(fragment: PdvFragment): Promise<void> | undefined;
  releaseRequested(): void;
  /** Exactly once, when no more can be sent or received; the transport may still be closing. */
  ended(end: AssociationEnd): void;
}

export interface UpperLayerOptions {
  /** We asked for the association. */
  readonly requestor: boolean;
  readonly reader: PduReaderLimits;
  /** The association request/reject/release timer (PS3.8 9.1.5), in milliseconds. */
  readonly artimMs: number;
}
