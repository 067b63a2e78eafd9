import type { SignalEvidence, StudyEvidence } from './evidence.ts';
import type { TrustedSignals } from './rule.ts';

export interface SignalJudgement {
  /** Set when a trusted word holds that all has come, and nothing named by another is missing. */
  readonly whole?: {
    /** Milliseconds since the epoch. */
    readonly since: number;
    readonly words: string;
  };
  /** Set when trusted signals name instances that are not here. */
  readonly missing?: string;
  /** Key of the last signal that a closing now would use up: those that still miss something stay good. */
  readonly usedUpTo: number;
}

const WORDS: Readonly<Record<SignalEvidence['kind'], string>> = {
  'association-released': 'association released',
  'instance-availability': 'instances announced as available',
  'mpps-completed': 'MPPS completed',
  'mpps-discontinued': 'MPPS discontinued',
};

function isTrusted({ kind, named }: SignalEvidence, trusted: TrustedSignals): boolean {
  if (kind === 'association-released') return trusted.associationReleased;
  // A modality that says "done" without saying of what may still have images on their way.
  if (named === undefined) return false;
  return kind === 'instance-availability' ? trusted.instanceAvailability : trusted.mpps;
}

/** A signal that names nothing speaks for what was here when it came, and for nothing after. */
function holds({ named, imagesThen }: SignalEvidence, images: number): boolean {
  return named === undefined ? imagesThen >= images : named.present >= named.expected;
}

function describe(signals: readonly SignalEvidence[], images: number): string {
  const named = signals.flatMap((signal) => (signal.named === undefined ? [] : [signal.named]));
  // Several that name the same instances must not count them twice: the largest tells most.
  const largest = named.toSorted((a, b) => b.expected - a.expected || a.present - b.present)[0];
  const who = [...new Set(signals.map(({ kind, source }) => `${WORDS[kind]} by ${source}`))].sort();
  const amount =
    largest === undefined
      ? `${images} ${images === 1 ? 'image' : 'images'}`
      : `${largest.present} of ${largest.expected} instances`;
  return `${who.join(', ')}: ${amount}`;
}

/** What the signals that a rule trusts say of a study. */
export function judgeSignals(trusted: TrustedSignals, evidence: StudyEvidence): SignalJudgement {
  const { images } = evidence;
  const heard = evidence.signals.filter(
    (signal) => isTrusted(signal, trusted) && signal.named?.expected !== 0,
  );
  const missing = heard.filter(
    ({ named }) => named !== undefined && named.present < named.expected,
  );
  const open = missing.filter(({ isNew }) => isNew);
  const keys = evidence.signals.map(({ key }) => key);
  const usedUpTo =
    open.length === 0 ? Math.max(0, ...keys) : Math.min(...open.map(({ key }) => key)) - 1;
  if (open.length > 0) return { missing: describe(open, images), usedUpTo };
  const speaking = heard.filter((signal) => signal.isNew && holds(signal, images));
  if (speaking.length === 0) return { usedUpTo };
  const since = Math.max(...speaking.map(({ receivedAt }) => receivedAt));
  return { whole: { since, words: describe(speaking, images) }, usedUpTo };
}
