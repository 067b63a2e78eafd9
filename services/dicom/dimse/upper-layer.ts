import type { Socket } from 'node:net';
import { RadTriageError } from '#core/errors.ts';
import { decodeAssociateAnswer, decodeAssociateRequest } from './associate-codec.ts';
import type { AssociationEnd, UpperLayerOptions, UpperLayerUser } from './association-user.ts';
import {
  ABORTS,
  type Abort,
  decodeAbort,
  decodeRejection,
  encodeAbort,
  encodeDataHeader,
  encodeRejection,
  encodeReleaseReply,
  encodeReleaseRequest,
  PDU_TYPES,
  type Rejection,
} from './pdu-codec.ts';
import { PduReader, type PdvFragment } from './pdu-reader.ts';
import {
  type AssociationAction,
  type AssociationEvent,
  type AssociationState,
  findTransition,
  hasTransition,
} from './transition-table.ts';
import { Transport } from './transport.ts';

/** Actions of PS3.8 tables 9-6 to 9-9 that do more than change the state. */
type Actions = Partial<
  Record<AssociationAction, (payload: Payload, event: AssociationEvent) => void>
>;

const EVENTS_BY_PDU: ReadonlyMap<number, AssociationEvent> = new Map([
  [PDU_TYPES.associateRq, 'associate-rq'],
  [PDU_TYPES.associateAc, 'associate-ac'],
  [PDU_TYPES.associateRj, 'associate-rj'],
  [PDU_TYPES.releaseRq, 'release-rq'],
  [PDU_TYPES.releaseRp, 'release-rp'],
  [PDU_TYPES.abort, 'abort-pdu'],
]);

type Payload = { bytes?: Buffer; abort?: Abort; fault?: string; body?: Buffer };

/**
 * The DICOM upper layer over one socket (PS3.8 section 9). Every event goes through the transition table; this class
 * only carries out the actions.
 */
export class UpperLayer {
  readonly #transport: Transport;
  readonly #user: UpperLayerUser;
  readonly #options: UpperLayerOptions;
  readonly #reader: PduReader;
  #state: AssociationState = 'idle';
  #artim: NodeJS.Timeout | undefined;
  #ended = false;

  readonly #actions: Actions = {
    'AE-2': ({ bytes }) => this.#write(bytes),
    'AE-3': (payload) =>
      this.#decode(() => this.#user.associateAnswered(decodeAssociateAnswer(bodyOf(payload)))),
    'AE-4': (payload) => this.#takeRejection(bodyOf(payload)),
    'AE-5': () => this.#startArtim(),
    'AE-6': (payload) => {
      this.#stopArtim();
      this.#decode(() => this.#user.associateRequested(decodeAssociateRequest(bodyOf(payload))));
    },
    'AE-7': ({ bytes }) => this.#write(bytes),
    'AE-8': ({ bytes }) => this.#writeLast(bytes),
    'AR-1': () => this.#write(encodeReleaseRequest()),
    'AR-2': () => this.#user.releaseRequested(),
    'AR-3': () => {
      this.#end('released', 'by us');
      this.#transport.end();
      this.#startArtim();
    },
    'AR-4': () => {
      this.#write(encodeReleaseReply());
      this.#startArtim();
    },
    'AR-8': () => this.#user.releaseRequested(),
    'AR-9': () => this.#write(encodeReleaseReply()),
    'AR-10': () => this.#user.releaseRequested(),
    'AA-1': (payload, event) => this.#sendAbort(event, payload),
    'AA-2': () => {
      this.#stopArtim();
      this.#end('timeout', 'the peer did not go on with the association');
      this.destroy();
    },
    'AA-3': (payload) => {
      this.#end('aborted-by-peer', describeAbort(bodyOf(payload)));
      this.destroy();
    },
    'AA-4': () => this.#lost(),
    'AA-7': (payload, event) => this.#sendAbort(event, payload),
    'AA-8': (payload, event) => this.#sendAbort(event, payload),
  };

  constructor(socket: Socket, options: UpperLayerOptions, user: UpperLayerUser) {
    this.#options = options;
    this.#user = user;
    this.#reader = new PduReader(
      {
        takePdu: (type, body) => this.#takePdu(type, body),
        takeDataStart: () => this.#fire('p-data'),
        takeFragment: (fragment) => this.#takeFragment(fragment),
        takeFault: (abort, fault) => this.#fire('invalid-pdu', { abort, fault }),
      },
      options.reader,
    );
    this.#transport = new Transport(socket, {
      takeChunk: (chunk) => this.#reader.push(chunk),
      takeFailure: (error) => this.#failLocally(error),
      takeClose: () => this.#takeClose(),
    });
  }

  get state(): AssociationState {
    return this.#state;
  }

  get bytesReceived(): number {
    return this.#transport.bytesReceived;
  }

  /** The peer is in the middle of a PDU. */
  get midPdu(): boolean {
    return this.#reader.midPdu;
  }

  /** The service user is at work and holds the peer back. */
  get busy(): boolean {
    return this.#transport.busy;
  }

  /** When the peer stopped taking what we send, by the clock of `performance.now()`; undefined while it takes it. */
  get blockedSince(): number | undefined {
    return this.#transport.blockedSince;
  }

  get canSend(): boolean {
    return hasTransition(this.#state, 'send-data');
  }

  /** An accepted socket: wait for the peer's request. */
  begin(): void {
    this.#fire('transport-accepted');
  }

  /** A socket that is connecting: send the request once it is connected. */
  request(pdu: Buffer): void {
    this.#fire('request');
    this.#transport.whenConnected(() => this.#fire('transport-connected', { bytes: pdu }));
  }

  accept(pdu: Buffer): void {
    this.#fire('accept', { bytes: pdu });
  }

  reject(rejection: Rejection): void {
    this.#fire('reject', { bytes: encodeRejection(rejection) });
    this.#end('rejected', `${rejection.result}/${rejection.source}/${rejection.reason}`);
  }

  /**
   * Sends one fragment in a PDU of its own.
   * @returns a promise when the peer has to catch up before more is sent.
   * @throws RadTriageError ILLEGAL_TRANSITION when the association does not carry data.
   */
  send(contextId: number, control: number, bytes: Buffer): Promise<void> | undefined {
    const { next } = findTransition(this.#state, 'send-data', this.#options.requestor);
    this.#state = next;
    return this.#transport.write(encodeDataHeader(contextId, control, bytes.length), bytes);
  }

  release(): void {
    this.#fire('release');
  }

  answerRelease(): void {
    this.#fire('answer-release');
    if (this.#state === 'awaiting-close') this.#end('released', 'by the peer');
  }

  /** Ends the association at once. Harmless when it has ended already. */
  abort(abort: Abort, how: 'aborted' | 'timeout', detail: string): void {
    if (this.#state === 'awaiting-request') {
      // Nothing is associated yet: there is nothing to abort, the transport is closed.
      this.#fire('artim-expired');
    } else if (hasTransition(this.#state, 'abort')) {
      this.#fire('abort', { abort });
    }
    this.#end(how, detail);
  }

  /** Closes the transport without another word. */
  destroy(): void {
    this.#transport.destroy();
  }

  #failLocally(error: unknown): void {
    this.#reader.stop();
    const detail = error instanceof RadTriageError ? `${error.code}: ${error.message}` : 'INTERNAL';
    this.abort(ABORTS.byUser, 'aborted', detail);
  }

  #takePdu(type: number, body: Buffer): void {
    this.#fire(EVENTS_BY_PDU.get(type) ?? 'invalid-pdu', { body });
  }

  #takeFragment(fragment: PdvFragment): Promise<void> | undefined {
    return this.#ended ? undefined : this.#user.dataReceived(fragment);
  }

  #takeClose(): void {
    this.#reader.stop();
    this.#stopArtim();
    if (hasTransition(this.#state, 'transport-closed')) this.#fire('transport-closed');
    this.#lost();
  }

  #lost(): void {
    this.#end('connection-lost', this.#transport.loss);
  }

  #fire(event: AssociationEvent, payload: Payload = {}): void {
    // What the peer sends after the end of an association changes nothing more.
    if (!hasTransition(this.#state, event) && this.#ended) return;
    const { action, next } = findTransition(this.#state, event, this.#options.requestor);
    this.#state = next;
    this.#actions[action]?.(payload, event);
  }

  #sendAbort(event: AssociationEvent, payload: Payload): void {
    this.#reader.stop();
    const abort = payload.abort ?? ABORTS.unexpectedPdu;
    this.#writeLast(encodeAbort(abort));
    if (event !== 'abort') this.#end('aborted', payload.fault ?? `unexpected ${event}`);
  }

  /** A body that cannot be decoded is an invalid PDU (event 19), whatever its type. */
  #decode(deliver: () => void): void {
    try {
      deliver();
    } catch (error) {
      if (!(error instanceof RadTriageError)) throw error;
      this.#fire('invalid-pdu', { abort: ABORTS.invalidParameter, fault: error.message });
    }
  }

  #takeRejection(body: Buffer): void {
    const rejection = decodeRejection(body) ?? { result: 0, source: 0, reason: 0 };
    this.#user.associateRejected(rejection);
    this.#end('rejected', `${rejection.result}/${rejection.source}/${rejection.reason}`);
    this.destroy();
  }

  #write(bytes: Buffer | undefined): void {
    // What is sent here is small and at most a few PDUs an association: nobody has to wait for it.
    if (bytes !== undefined) void this.#transport.write(bytes);
  }

  /** The last PDU of an association: the peer is to close now, and is closed upon when it does not. */
  #writeLast(bytes: Buffer | undefined): void {
    this.#transport.end(bytes);
    this.#startArtim();
  }

  #startArtim(): void {
    this.#stopArtim();
    this.#artim = setTimeout(() => {
      if (hasTransition(this.#state, 'artim-expired')) this.#fire('artim-expired');
      else this.destroy();
    }, this.#options.artimMs);
    this.#artim.unref();
  }

  #stopArtim(): void {
    clearTimeout(this.#artim);
    this.#artim = undefined;
  }

  #end(how: AssociationEnd['how'], detail: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#user.ended({ how, detail });
  }
}

function bodyOf(payload: Payload): Buffer {
  return payload.body ?? Buffer.alloc(0);
}

function describeAbort(body: Buffer): string {
  const abort = decodeAbort(body);
  return abort === undefined
    ? 'malformed A-ABORT'
    : `source ${abort.source}, reason ${abort.reason}`;
}
