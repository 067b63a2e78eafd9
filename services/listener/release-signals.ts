import type { CompletenessRules } from '#core/completeness/rule.ts';
import type { ScpEvent } from '#dicom/dimse/scp-types.ts';
import { recordCompletionSignal } from '#intake/completion-signals.ts';
import type {
  IncomingInstance,
  InstanceReceiver,
  InstanceSink,
  KeptInstance,
} from '#intake/types.ts';
import type { Database } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';

export interface ReleaseSignals {
  /** Takes note of what each association sends. */
  watch(receiver: InstanceReceiver): InstanceReceiver;
  /** Is to be told of everything that happens at the door. */
  observe(event: ScpEvent): void;
  /** Resolves when the signals of associations that have ended are recorded, or after two seconds. */
  close(): Promise<void>;
}

export interface ReleaseSignalOptions {
  readonly database: Database;
  readonly rules: CompletenessRules;
  readonly logger: Logger;
}

/** What an association has sent, until its end is dealt with. */
interface Sent {
  /** Instances that the index does not know yet. */
  readonly pending: Set<Promise<void>>;
  /** Instances whose study has not been asked for. */
  instanceKeys: string[];
  readonly studies: Set<string>;
  /** True once not all of it is known: its end proves nothing then. */
  blind: boolean;
}

const KEYS_AT_ONCE = 1_000;
const MAX_STUDIES = 10_000;
const PATIENCE_MS = 2_000;

class Releases implements ReleaseSignals {
  private readonly options: ReleaseSignalOptions;
  private readonly associations = new Map<number, Sent>();
  /** One end after another, so that of two that share a study the last one speaks for it. */
  private ends = Promise.resolve();

  constructor(options: ReleaseSignalOptions) {
    this.options = options;
  }

  watch(receiver: InstanceReceiver): InstanceReceiver {
    return {
      open: async (instance: IncomingInstance) => {
        const sink = await receiver.open(instance);
        const { associationId } = instance;
        return associationId === undefined ? sink : this.watchSink(associationId, sink);
      },
    };
  }

  observe(event: ScpEvent): void {
    if (event.type !== 'association-ended') return;
    const { associationId, callingAe, end } = event;
    const sent = this.associations.get(associationId);
    if (sent === undefined) return;
    this.ends = this.ends
      .then(async () => {
        if (end.how === 'released') await this.speak(associationId, sent, callingAe);
      })
      // The quiet time decides then.
      .catch((error: unknown) =>
        this.options.logger.warn({ err: error, associationId }, 'a release was not recorded'),
      )
      .finally(() => this.associations.delete(associationId));
  }

  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS);
    });
    // An index that is away now may be away for long: the quiet time decides then.
    await Promise.race([this.ends, patience]);
    clearTimeout(timer);
  }

  private watchSink(associationId: number, sink: InstanceSink): InstanceSink {
    return {
      write: (chunk) => sink.write(chunk),
      abort: () => sink.abort(),
      finish: async () => {
        const kept = await sink.finish();
        this.note(associationId, kept);
        return kept;
      },
    };
  }

  private note(associationId: number, { indexed }: KeptInstance): void {
    const known = this.associations.get(associationId);
    const sent = known ?? {
      pending: new Set(),
      instanceKeys: [],
      studies: new Set(),
      blind: false,
    };
    if (known === undefined) this.associations.set(associationId, sent);
    const done: Promise<void> = indexed
      .then(async ({ instanceKey }) => {
        sent.instanceKeys.push(instanceKey);
        if (sent.instanceKeys.length >= KEYS_AT_ONCE) await this.findStudies(sent);
      })
      .catch(() => {
        sent.blind = true;
      })
      .finally(() => sent.pending.delete(done));
    sent.pending.add(done);
  }

  /** Which studies the instances belong to: the index knows. */
  private async findStudies(sent: Sent): Promise<void> {
    const keys = sent.instanceKeys;
    if (keys.length === 0) return;
    sent.instanceKeys = [];
    const studies = await this.options.database
      .selectFrom('instance')
      .innerJoin('study', 'study.studyKey', 'instance.studyKey')
      .select('studyInstanceUid')
      .distinct()
      .where('instanceKey', 'in', keys)
      .execute();
    for (const { studyInstanceUid } of studies) sent.studies.add(studyInstanceUid);
    if (sent.studies.size > MAX_STUDIES) sent.blind = true;
  }

  /** Signals for all studies of which no other association may still have images on the way. */
  private async speak(associationId: number, sent: Sent, source: string): Promise<void> {
    await Promise.all(sent.pending);
    const others = [...this.associations]
      .filter(([id]) => id !== associationId)
      .map(([, other]) => other);
    for (const one of [sent, ...others]) await this.findStudies(one);
    if (sent.blind) return;
    for (const studyInstanceUid of sent.studies) {
      if (others.some(({ studies }) => studies.has(studyInstanceUid))) continue;
      await recordCompletionSignal(this.options.database, {
        studyInstanceUid,
        kind: 'association-released',
        source,
      });
    }
  }
}

const NOTHING: ReleaseSignals = {
  watch: (receiver) => receiver,
  observe: () => undefined,
  close: async () => undefined,
};

/**
 * Tells the assembler that a sender has released an association, once the index knows all that came over it. An
 * association that ends otherwise says nothing, nor does one while another still brings images of the same study.
 * Where no rule takes the end of an association for the end of a study, nothing is noted at all.
 */
export function createReleaseSignals(options: ReleaseSignalOptions): ReleaseSignals {
  const { rules } = options;
  const isTrusted = [...rules.rules, rules.otherwise].some(
    ({ signals }) => signals.associationReleased,
  );
  return isTrusted ? new Releases(options) : NOTHING;
}
