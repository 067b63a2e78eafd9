import { type Completion, decideCompleteness, type Waiting } from '#core/completeness/decide.ts';
import {
  ImageGatherer,
  type SignalEvidence,
  type StudyEvidence,
} from '#core/completeness/evidence.ts';
import type { CompletenessRules } from '#core/completeness/rule.ts';
import type { TestedObject } from './read-studies.ts';

export interface Arrival {
  readonly object: TestedObject;
  /** Milliseconds; only differences count. */
  readonly at: number;
}

export interface PlayOptions {
  readonly rules: CompletenessRules;
  readonly site: string;
  readonly studyDescription: string | undefined;
  /** The modality's own quiet time. */
  readonly quietSeconds: (modality: string | undefined) => number;
  /** What is heard after the last object, and how many milliseconds after it. */
  readonly signal?: { readonly kind: SignalEvidence['kind']; readonly afterMs: number } | undefined;
}

/** A moment at which the study would have been closed. */
export interface Closing {
  /** Milliseconds, on the clock of the arrivals. */
  readonly at: number;
  readonly images: number;
  readonly completion: Completion;
}

export interface PlayedStudy {
  readonly closings: readonly Closing[];
  /** With everything there. */
  readonly evidence: StudyEvidence;
}

/** One study on a clock of its own, as the assembler would have followed it. */
class StudyPlay {
  readonly closings: Closing[] = [];
  private readonly options: PlayOptions;
  private readonly total: number;
  private readonly gatherer = new ImageGatherer();
  private images = 0;
  private objects = 0;
  private quiet = 0;
  private signal: SignalEvidence | undefined;
  private waitingSince = 0;
  private quietSince = 0;
  private open = false;
  private demandsMet = false;
  private usedUpTo = 0;
  private dueAt = Number.POSITIVE_INFINITY;

  constructor(options: PlayOptions, total: number) {
    this.options = options;
    this.total = total;
  }

  evidence(): StudyEvidence {
    const { site, studyDescription } = this.options;
    const { images, objects, signal } = this;
    const signals = signal === undefined ? [] : [{ ...signal, isNew: signal.key > this.usedUpTo }];
    return { site, studyDescription, images, objects, groups: this.gatherer.groups(), signals };
  }

  arrive({ object, at }: Arrival): void {
    this.passTime(at);
    const isFirst = this.images + this.objects === 0;
    if (object.kind === 'image') {
      const begins = !this.open || this.images === 0;
      this.images += 1;
      this.gatherer.add(object.facts, object.instanceNumber);
      this.quiet = Math.max(this.quiet, this.options.quietSeconds(object.facts.modality));
      if (begins) this.waitingSince = at;
      this.quietSince = at;
      this.open = true;
    } else {
      this.objects += 1;
      if (isFirst) {
        this.quiet = this.options.quietSeconds(object.facts.modality);
        this.waitingSince = at;
        this.quietSince = at;
        this.open = true;
      }
    }
    this.judge(at);
  }

  /** The word that ends it names all that has come. */
  hear(kind: SignalEvidence['kind'], at: number): void {
    this.passTime(at);
    const named =
      kind === 'association-released' ? undefined : { expected: this.total, present: this.total };
    const source = 'the sender';
    this.signal = {
      key: 1,
      kind,
      source,
      named,
      imagesThen: this.images,
      receivedAt: at,
      isNew: true,
    };
    this.judge(at);
  }

  /** Up to a moment, or to the end. */
  passTime(until = Number.POSITIVE_INFINITY): void {
    if (this.open && this.dueAt <= until) this.judge(this.dueAt);
  }

  private judge(now: number): Waiting | undefined {
    if (!this.open) return undefined;
    const decision = decideCompleteness(this.options.rules, this.evidence(), {
      now,
      waitingSince: this.waitingSince,
      quietSince: this.quietSince,
      quietSeconds: this.quiet,
      demandsMetBefore: this.demandsMet,
    });
    if (!decision.complete) {
      this.dueAt = decision.nextAt;
      return decision;
    }
    this.open = false;
    this.dueAt = Number.POSITIVE_INFINITY;
    this.demandsMet = decision.demandsMet === true;
    this.usedUpTo = decision.signalsUsedUpTo;
    this.closings.push({ at: now, images: this.images, completion: decision });
    return undefined;
  }
}

/** Plays the arrival of a study's objects against the rules, on a clock that never runs. */
export function playStudy(arrivals: readonly Arrival[], options: PlayOptions): PlayedStudy {
  const play = new StudyPlay(options, arrivals.length);
  const inOrder = arrivals.toSorted((a, b) => a.at - b.at);
  for (const arrival of inOrder) play.arrive(arrival);
  const last = inOrder.at(-1)?.at ?? 0;
  const { signal } = options;
  if (signal !== undefined) play.hear(signal.kind, last + signal.afterMs);
  play.passTime();
  return { closings: play.closings, evidence: play.evidence() };
}
