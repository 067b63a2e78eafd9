/** DIMSE-N operations and notifications (PS3.7 section 10). */
export type ServiceOperationName =
  | 'n-action'
  | 'n-create'
  | 'n-set'
  | 'n-event-report'
  | 'n-get'
  | 'n-delete';

/** A service that peers may ask for beside C-ECHO and C-STORE, such as Storage Commitment. */
export interface DimseService {
  /** Abstract syntaxes accepted in negotiation for this service. */
  readonly sopClassUids: readonly string[];
  /**
   * What a requestor may be for these classes (PS3.7 D.3.3.4); `scu` alone unless told. A requestor that is to send us
   * N-EVENT-REPORT has to be `scp`.
   */
  readonly requestorRoles?: readonly ('scu' | 'scp')[];
  /**
   * Answers one request. The next message of the same association waits until it settles; other associations do not.
   * Do not wait for `request.association.reportEvent` in here: events go out between messages.
   * A RadTriageError gives the response its status, anything else 0110H.
   */
  handle(request: ServiceRequest): Promise<ServiceAnswer>;
}

export interface ServiceRequest {
  readonly operation: ServiceOperationName;
  /** Affected or requested, as the operation has it: one of the classes of the service. */
  readonly sopClassUid: string;
  /** A valid UID, or undefined where the requestor of an N-CREATE leaves the choice to us. */
  readonly sopInstanceUid: string | undefined;
  /** Action Type ID or Event Type ID: always there for N-ACTION and N-EVENT-REPORT. */
  readonly typeId: number | undefined;
  /** The data set as sent, undefined when there is none. */
  readonly dataSet: Buffer | undefined;
  readonly transferSyntaxUid: string;
  /** N-GET: the tags asked for, as group and element in one number; undefined for everything. */
  readonly attributeIdentifiers?: readonly number[];
  readonly callingAe: string;
  readonly calledAe: string;
  readonly peerAddress: string;
  /** Unique within the server. */
  readonly associationId: number;
  /** To report events back on the same association while it lasts. */
  readonly association: PeerAssociation;
}

export interface PeerAssociation {
  /**
   * Sends N-EVENT-REPORT between messages, one at a time.
   * @returns the peer's status.
   * @throws RadTriageError ASSOCIATION_FAILED when the association has ended, or its roles do not allow it
   */
  reportEvent(event: EventReport): Promise<number>;
  readonly open: boolean;
}

export interface EventReport {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly eventTypeId: number;
  /** In the transfer syntax of the context in which the class was negotiated. */
  readonly dataSet: Buffer;
}

export interface ServiceAnswer {
  /** PS3.7 annex C. */
  readonly status: number;
  /** For the peer; no patient data. */
  readonly errorComment?: string;
  /** What a service class defines beside the status (PS3.7 C.4.2.1). */
  readonly errorId?: number;
  /** The affected SOP instance, where it is not the one asked for: an N-CREATE may assign one. */
  readonly sopInstanceUid?: string;
  /** In the context's transfer syntax. */
  readonly dataSet?: Buffer;
}
