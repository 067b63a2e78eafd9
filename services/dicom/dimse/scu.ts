import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { RadTriageError } from '#core/errors.ts';
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from '../part10/implementation.ts';
import { encodeAssociateRequest } from './associate-codec.ts';
import { COMMANDS, type CommandSet } from './command-set.ts';
import { type AcceptedContext, DEFAULT_ROLES } from './negotiate-contexts.ts';
import { ABORTS } from './pdu-codec.ts';
import { ScuChannel, type ScuTimeouts } from './scu-channel.ts';
import {
  answerPeer,
  type EventHandler,
  encodeServiceRequest,
  mayRequest,
  type ServiceInput,
  type ServiceOutput,
} from './scu-service.ts';
import { VERIFICATION_SOP_CLASS } from './storage-sop-classes.ts';
import type { RoleSelection } from './user-information.ts';

interface ScuContext {
  readonly abstractSyntax: string;
  readonly transferSyntaxes: readonly string[];
  /** What we want to be for this class; without it we are SCU, and nothing is said of roles (PS3.7 D.3.3.4). */
  readonly roles?: { readonly scu: boolean; readonly scp: boolean };
}

export interface ScuOptions {
  readonly host: string;
  readonly port: number;
  readonly callingAe: string;
  readonly calledAe: string;
  /** At most 128. Give each transfer syntax that is to be sent as it is a context of its own. */
  readonly contexts: readonly ScuContext[];
  readonly timeouts?: Partial<ScuTimeouts>;
  /** TLS 1.2 or newer (PS3.15 B.12). */
  readonly tls?: ConnectionOptions;
  /** Address to connect from. */
  readonly localAddress?: string;
  /** Takes the events that the peer reports while the association lasts; without it they are answered with 0211H. */
  readonly onEvent?: EventHandler;
}

interface StoreInput {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  /** The data set without preamble and file meta: its bytes are sent as they are. */
  readonly dataSet: AsyncIterable<Buffer>;
}

interface StoreAnswer {
  /** DIMSE status: 0 Success, Bxxx warning, otherwise failure (PS3.4 table B.2-1). */
  readonly status: number;
  readonly errorComment: string | undefined;
}

/** An association that we asked for. Requests are made one after the other, whatever the order of the calls. */
export interface ScuAssociation {
  readonly accepted: readonly AcceptedContext[];
  /** C-ECHO. @returns the status. @throws RadTriageError DICOM_UNSUPPORTED, ASSOCIATION_FAILED */
  echo(): Promise<number>;
  /**
   * C-STORE.
   * @throws RadTriageError DICOM_UNSUPPORTED when the peer took no context for this class in this very syntax: the
   * association stays usable. ASSOCIATION_FAILED when it was lost, or the data set could not be read to its end (the
   * association is aborted, so that the peer keeps no half object).
   */
  store(input: StoreInput): Promise<StoreAnswer>;
  /**
   * N-ACTION, N-CREATE, N-SET, N-GET, N-DELETE as the SCU, N-EVENT-REPORT as the SCP.
   * @throws RadTriageError DICOM_UNSUPPORTED when the peer took no context for the class, or not our role in it: the
   * association stays usable. ASSOCIATION_FAILED when it was lost.
   */
  request(input: ServiceInput): Promise<ServiceOutput>;
  release(): Promise<void>;
  abort(): void;
}

export const DEFAULT_SCU_TIMEOUTS: ScuTimeouts = {
  associateMs: 15_000,
  responseMs: 60_000,
  releaseMs: 5_000,
};

const MAX_CONTEXTS = 128;
/** What we take ourselves: responses only. */
export const MAX_PDU_BYTES = 128 * 1024;
const PRIORITY_MEDIUM = 0;

/**
 * Asks a peer for an association.
 * @throws RadTriageError ASSOCIATION_FAILED (unreachable, no answer in time, aborted), ASSOCIATION_REJECTED (details
 * result, source, reason of PS3.8 9.3.4), CONFIG_INVALID (more than 128 contexts or none).
 */
export async function openAssociation(options: ScuOptions): Promise<ScuAssociation> {
  const { contexts } = options;
  if (contexts.length === 0 || contexts.length > MAX_CONTEXTS) {
    throw new RadTriageError(
      'CONFIG_INVALID',
      `1 to ${MAX_CONTEXTS} presentation contexts are needed`,
    );
  }
  const timeouts = { ...DEFAULT_SCU_TIMEOUTS, ...options.timeouts };
  const proposed = contexts.map((context, index) => ({ contextId: 2 * index + 1, ...context }));
  const roles = proposedRoles(contexts);
  const request = encodeAssociateRequest({
    calledAe: options.calledAe,
    callingAe: options.callingAe,
    contexts: proposed,
    user: {
      maxPduBytes: MAX_PDU_BYTES,
      implementationClassUid: IMPLEMENTATION_CLASS_UID,
      implementationVersion: IMPLEMENTATION_VERSION_NAME,
      roles,
    },
  });
  const accepted: AcceptedContext[] = [];
  const ready = Promise.withResolvers<void>();
  const channel = new ScuChannel(connectSocket(options), timeouts, async (message) => {
    // A peer may report events in the same packet in which it accepts us.
    await ready.promise;
    const context = accepted.find(({ contextId }) => contextId === message.contextId);
    return answerPeer(message, context, options.onEvent);
  });
  const answer = await channel.open(request, MAX_PDU_BYTES);
  const abstractSyntaxes = new Map(proposed.map((c) => [c.contextId, c.abstractSyntax]));
  for (const { contextId, result, transferSyntax } of answer.contexts) {
    const abstractSyntax = abstractSyntaxes.get(contextId);
    if (result === 0 && abstractSyntax !== undefined) {
      const requestorRoles = agreedRoles(abstractSyntax, roles, answer.user.roles ?? []);
      accepted.push({ contextId, abstractSyntax, transferSyntax, requestorRoles });
    }
  }
  ready.resolve();
  return new Association(channel, accepted);
}

function proposedRoles(contexts: readonly ScuContext[]): RoleSelection[] {
  const roles = new Map<string, RoleSelection>();
  for (const { abstractSyntax, roles: wanted } of contexts) {
    if (wanted !== undefined) {
      roles.set(abstractSyntax, { sopClassUid: abstractSyntax, ...wanted });
    }
  }
  return [...roles.values()];
}

/**
 * What we are for a class. A peer that accepts it and says nothing of the roles proposed should mean the default; many
 * that take events mean that they do not mind, so that only a role that was refused is not used.
 */
function agreedRoles(
  uid: string,
  proposed: readonly RoleSelection[],
  answered: readonly RoleSelection[],
): AcceptedContext['requestorRoles'] {
  const wanted = proposed.find(({ sopClassUid }) => sopClassUid === uid);
  if (wanted === undefined) return DEFAULT_ROLES;
  const { scu, scp } = answered.find(({ sopClassUid }) => sopClassUid === uid) ?? wanted;
  return { scu: wanted.scu && scu, scp: wanted.scp && scp };
}

function connectSocket(options: ScuOptions): Socket {
  const { host, port, localAddress } = options;
  const address = { host, port, ...(localAddress === undefined ? {} : { localAddress }) };
  return options.tls === undefined
    ? connect(address)
    : connectTls({ minVersion: 'TLSv1.2', ...options.tls, ...address });
}

class Association implements ScuAssociation {
  readonly accepted: readonly AcceptedContext[];
  readonly #channel: ScuChannel;
  #lastMessageId = 0;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(channel: ScuChannel, accepted: AcceptedContext[]) {
    this.#channel = channel;
    this.accepted = accepted;
  }

  async echo(): Promise<number> {
    const context = this.accepted.find((c) => c.abstractSyntax === VERIFICATION_SOP_CLASS);
    if (context === undefined) throw unsupported(VERIFICATION_SOP_CLASS);
    return this.#inTurn(async () => {
      const request: CommandSet = {
        commandField: COMMANDS.echoRq,
        messageId: this.#nextMessageId(),
        hasDataSet: false,
        affectedSopClassUid: VERIFICATION_SOP_CLASS,
      };
      const answer = await this.#channel.exchange(context.contextId, request);
      return statusOf(answer.command);
    });
  }

  async request(input: ServiceInput): Promise<ServiceOutput> {
    const { operation, sopClassUid, transferSyntaxUid, dataSet } = input;
    const context = this.accepted.find(
      (c) =>
        c.abstractSyntax === sopClassUid &&
        mayRequest(c, operation) &&
        (transferSyntaxUid === undefined || c.transferSyntax === transferSyntaxUid),
    );
    if (context === undefined) throw unsupported(sopClassUid, transferSyntaxUid);
    return this.#inTurn(async () => {
      const request = encodeServiceRequest(input, this.#nextMessageId());
      const bytes = dataSet === undefined ? undefined : Readable.from([dataSet]);
      const answer = await this.#channel.exchange(context.contextId, request, bytes);
      return {
        status: statusOf(answer.command),
        errorComment: answer.command.errorComment,
        errorId: answer.command.errorId,
        sopInstanceUid: answer.command.affectedSopInstanceUid,
        dataSet: answer.dataSet,
        transferSyntaxUid: context.transferSyntax,
      };
    });
  }

  async store(input: StoreInput): Promise<StoreAnswer> {
    const { sopClassUid, sopInstanceUid, transferSyntaxUid } = input;
    const context = this.accepted.find(
      (c) => c.abstractSyntax === sopClassUid && c.transferSyntax === transferSyntaxUid,
    );
    if (context === undefined) throw unsupported(sopClassUid, transferSyntaxUid);
    return this.#inTurn(async () => {
      const request: CommandSet = {
        commandField: COMMANDS.storeRq,
        messageId: this.#nextMessageId(),
        priority: PRIORITY_MEDIUM,
        hasDataSet: true,
        affectedSopClassUid: sopClassUid,
        affectedSopInstanceUid: sopInstanceUid,
      };
      const { command: answer } = await this.#channel.exchange(
        context.contextId,
        request,
        input.dataSet,
      );
      return { status: statusOf(answer), errorComment: answer.errorComment };
    });
  }

  release(): Promise<void> {
    return this.#inTurn(() => this.#channel.release());
  }

  abort(): void {
    this.#channel.abort(ABORTS.byUser, 'aborted by us');
  }

  #nextMessageId(): number {
    this.#lastMessageId = (this.#lastMessageId % 0xffff) + 1;
    return this.#lastMessageId;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}

function statusOf(answer: CommandSet): number {
  if (answer.status === undefined) {
    throw new RadTriageError('ASSOCIATION_FAILED', 'the peer answered without a status');
  }
  return answer.status;
}

function unsupported(sopClassUid: string, transferSyntaxUid = 'any syntax'): RadTriageError {
  return new RadTriageError('DICOM_UNSUPPORTED', 'the peer takes no such object', {
    details: { sopClassUid, transferSyntaxUid },
  });
}
