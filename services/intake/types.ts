/** One SOP instance that a peer, a browser or a folder offers. */
export interface IncomingInstance {
  /** As the peer announced them; the data set has to agree. */
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  /** The study that it was sent to, where the sender names one; the data set has to agree. */
  readonly studyInstanceUid?: string | undefined;
  readonly callingAe: string;
  readonly calledAe: string;
  readonly peerAddress: string;
  readonly via: 'dimse' | 'stow' | 'import';
  /** The association that it came in on, unique within the process; undefined for other doors. */
  readonly associationId?: number | undefined;
}

/** An instance that will survive a power cut: Success may be answered. */
export interface KeptInstance {
  /**
   * Resolves once the index knows the instance and says what became of it. It may come later than the answer to the
   * sender; whoever does not wait for it need not handle its failure, which is tried again.
   */
  readonly indexed: Promise<ReceiveOutcome>;
}

export interface ReceiveOutcome {
  /**
   * `duplicate`: these very bytes were kept before. `conflict`: another content is kept under the same UID, and this
   * one is now kept beside it. All three mean that the instance is safe.
   */
  readonly outcome: 'stored' | 'duplicate' | 'conflict';
  readonly instanceKey: string;
}

/** Takes one data set, without preamble and file meta, in chunks of any size. */
export interface InstanceSink {
  /**
   * Await the promise, if there is one, before the next call. The chunk is free again once the call has returned.
   * @throws RadTriageError of the DICOM_ and STORAGE_ codes; the sink is of no further use then.
   */
  write(chunk: Buffer): void | Promise<void>;
  /**
   * The data set is complete. Resolves only when its bytes, its directory entry and its record are durable.
   * @throws RadTriageError; nothing is then promised to the sender, who tries again.
   */
  finish(): Promise<KeptInstance>;
  /** The peer went away: forgets what came so far. Harmless after anything. */
  abort(): Promise<void>;
}

export interface InstanceReceiver {
  /** @throws RadTriageError DICOM_UID_INVALID, DICOM_UNSUPPORTED */
  open(instance: IncomingInstance): Promise<InstanceSink> | InstanceSink;
}
