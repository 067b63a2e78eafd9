import type { RefusalCause } from '#core/refusal.ts';
import type { AssociationEnd } from './association-user.ts';
import type { DimseService, ServiceOperationName } from './dimse-service.ts';
import type { Rejection } from './pdu-codec.ts';
import type { PeerCertificate, ScpTls } from './tls-server.ts';
import type { UserIdentity } from './user-information.ts';

/** What is known of a peer that asks for an association. */
export interface AssociationProposal {
  readonly callingAe: string;
  readonly calledAe: string;
  /** IPv4 or IPv6 address; an IPv4 address mapped into IPv6 is given as IPv4. */
  readonly peerAddress: string;
  readonly implementationClassUid: string;
  readonly implementationVersion: string | undefined;
  /** What the peer showed over TLS; signed by an authority of ours, and valid. */
  readonly certificate: PeerCertificate | undefined;
  /** Who the user says to be. Holds secrets: never logged. */
  readonly userIdentity: UserIdentity | undefined;
}

export type AssociationVerdict =
  | {
      readonly accepted: true;
      /** The user identity was looked at and found good: said when the peer asks for it. */
      readonly identified?: boolean;
    }
  | {
      readonly accepted: false;
      readonly rejection: Rejection;
      readonly cause: RefusalCause;
      /** For the log: no secrets. */
      readonly why: string;
    };

export interface AssociationPolicy {
  judgeAssociation(proposal: AssociationProposal): AssociationVerdict | Promise<AssociationVerdict>;
}

export interface StoreRequest {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly callingAe: string;
  readonly calledAe: string;
  readonly peerAddress: string;
  /** Unique within the server. */
  readonly associationId: number;
}

/**
 * Where the bytes of one data set go. The calls follow each other, never at the same time.
 * A failure of `write` is followed by one `abort`, as is a lost association; after `finish` no call follows, whether it
 * succeeds or fails.
 */
export interface StoreSink {
  /** The chunk is a view of the socket's buffer, good only until the call returns: what waits has to be copied. */
  write(chunk: Buffer): void | Promise<void>;
  /** Resolves when the object is kept: only then is Success answered. */
  finish(): Promise<unknown>;
  abort(): Promise<void>;
}

export interface ScpHandlers {
  /** A RadTriageError thrown here or by the sink gives the response its status and comment. */
  openStore(request: StoreRequest): StoreSink | Promise<StoreSink>;
  /** What is answered beside C-ECHO and C-STORE. */
  readonly services?: readonly DimseService[];
}

export interface ScpLimits {
  /** Established associations, altogether and from one address. */
  readonly maxAssociations: number;
  readonly maxAssociationsPerPeer: number;
  /** Connections without an association; beyond, the oldest of the address with most of them gives way. */
  readonly maxPendingConnections: number;
  /** Longest P-DATA-TF body that is taken; announced to the peer (PS3.8 D.1). */
  readonly maxPduBytes: number;
  readonly maxAssociateBytes: number;
  readonly maxCommandBytes: number;
  /** Longest data set kept; a longer one is answered with DICOM_TOO_LARGE. */
  readonly maxObjectBytes: number;
  /** Longest data set of a DIMSE-N request, held in memory; a longer one is answered with 0213H. */
  readonly maxServiceBytes: number;
  /** What the data sets of all DIMSE-N requests may take in memory at the same time. */
  readonly maxServiceBytesInAll: number;
  /** How long a peer may take to answer an N-EVENT-REPORT of ours. */
  readonly eventAnswerMs: number;
  /** The association request/reject/release timer (PS3.8 9.1.5). */
  readonly artimMs: number;
  /** An association without a message is aborted after this time. */
  readonly idleMs: number;
  /** Within a message, at least `minBytesPerStall` bytes have to come in each `stallMs`. */
  readonly stallMs: number;
  readonly minBytesPerStall: number;
}

export const DEFAULT_SCP_LIMITS: ScpLimits = {
  maxAssociations: 64,
  maxAssociationsPerPeer: 32,
  maxPendingConnections: 128,
  maxPduBytes: 128 * 1024,
  maxAssociateBytes: 512 * 1024,
  maxCommandBytes: 16 * 1024,
  maxObjectBytes: 4 * 1024 * 1024 * 1024,
  maxServiceBytes: 16 * 1024 * 1024,
  maxServiceBytesInAll: 64 * 1024 * 1024,
  eventAnswerMs: 60_000,
  artimMs: 15_000,
  idleMs: 300_000,
  stallMs: 60_000,
  minBytesPerStall: 16 * 1024,
};

export interface PeerFacts {
  readonly associationId: number;
  readonly peerAddress: string;
  readonly callingAe: string;
  readonly calledAe: string;
}

/** What happens at the door, for log, audit and metrics. No patient data. */
export type ScpEvent =
  | ({
      readonly type: 'association-accepted';
      /** Presentation contexts that were accepted, and that were not. */
      readonly contexts: number;
      readonly refusedContexts: number;
      readonly tls: boolean;
      /** SHA-256 of the certificate that the peer showed. */
      readonly certificate?: string;
      /** Its user identity was checked. */
      readonly identified?: boolean;
    } & PeerFacts)
  | ({
      readonly type: 'association-rejected';
      readonly rejection: Rejection;
      readonly cause: RefusalCause;
      readonly why: string;
      /** SHA-256 of the certificate that the peer showed. */
      readonly certificate?: string;
    } & PeerFacts)
  | ({
      readonly type: 'association-ended';
      readonly end: AssociationEnd;
      readonly bytesReceived: number;
    } & PeerFacts)
  | ({
      readonly type: 'store-answered';
      readonly sopInstanceUid: string;
      readonly status: number;
      readonly code: string | undefined;
      readonly bytes: number;
      readonly milliseconds: number;
      /** From the last byte of the data set to the answer: what keeping it took. Not rounded. */
      readonly settleMilliseconds: number;
    } & PeerFacts)
  | ({
      readonly type: 'store-abandoned';
      readonly sopInstanceUid: string;
      readonly bytes: number;
    } & PeerFacts)
  | ({ readonly type: 'echo-answered' } & PeerFacts)
  | ({
      readonly type: 'service-answered';
      readonly operation: ServiceOperationName;
      readonly sopClassUid: string;
      readonly sopInstanceUid: string;
      readonly status: number;
      /** Code and message of what the service threw. */
      readonly code: string | undefined;
      readonly why: string | undefined;
      readonly milliseconds: number;
    } & PeerFacts)
  | ({
      readonly type: 'event-reported';
      readonly sopClassUid: string;
      readonly eventTypeId: number;
      /** The peer's answer. */
      readonly status: number;
    } & PeerFacts)
  | { readonly type: 'connection-evicted'; readonly peerAddress: string }
  | {
      readonly type: 'tls-failed';
      readonly peerAddress: string;
      readonly detail: string;
      /** SHA-256 of the certificate that was not good enough. */
      readonly fingerprint?: string;
    }
  | {
      readonly type: 'tls-reloaded';
      /** Why the new certificate is not used; undefined when it is. */
      readonly fault: string | undefined;
    };

export interface ScpOptions {
  readonly host: string;
  /** Without TLS. 0 lets the system choose, null leaves only TLS. */
  readonly port: number | null;
  readonly tls?: ScpTls;
  readonly policy: AssociationPolicy;
  readonly handlers: ScpHandlers;
  /** Private or newer storage classes taken beside those of the standard. */
  readonly moreStorageClasses?: readonly string[];
  readonly limits?: Partial<ScpLimits>;
  readonly onEvent?: (event: ScpEvent) => void;
}
