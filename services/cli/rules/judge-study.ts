import { judgeDemands } from '#core/completeness/demands.ts';
import type { SignalEvidence } from '#core/completeness/evidence.ts';
import { findRule, whyNotMatched } from '#core/completeness/match-rule.ts';
import type { CompletenessRules } from '#core/completeness/rule.ts';
import { decidePriority, orderPriority, type PriorityRule } from '#core/priority.ts';
import { isPrior } from '#intake/complete-study.ts';
import { REASON_NO_IMAGES } from '#intake/corrections/settle-study.ts';
import { siteOf } from '#intake/instance-record.ts';
import { type Arrival, playStudy } from '#intake/rule-tester/play-study.ts';
import type { TestedStudy } from '#intake/rule-tester/read-studies.ts';
import { type Config, quietSecondsFor } from '#platform/config/config.ts';
import type { ModelVerdict } from './test-models.ts';

export interface Setting {
  readonly config: Config;
  readonly rules: CompletenessRules;
  readonly priorityRule: PriorityRule;
  /** `files`: one after the other in order of their paths; `receipt`: when their files were last changed. */
  readonly by: 'files' | 'receipt';
  /** Seconds from file to file. */
  readonly interval: number;
  readonly signal: SignalEvidence['kind'] | undefined;
}

export interface StudyVerdict {
  readonly studyInstanceUid: string;
  readonly modalities: readonly string[];
  readonly images: number;
  readonly objects: number;
  readonly series: number;
  readonly site: string;
  /** The completeness rule that decides once everything is there. */
  readonly rule: string;
  readonly notMatched: readonly { readonly rule: string; readonly why: string }[];
  readonly demands: readonly { readonly met: boolean; readonly words: string }[];
  readonly closings: readonly {
    /** Seconds after the first image, and after the last one that was there by then. */
    readonly afterSeconds: number;
    readonly images: number;
    readonly by: string;
    readonly reason: string;
    readonly rule: string;
  }[];
  readonly outcome: 'triaged' | 'prior' | 'no-images';
  readonly outcomeReason: string;
  readonly order: {
    readonly priority: string;
    readonly source: string;
    readonly longestWaitMinutes: number;
  };
  readonly models: readonly ModelVerdict[];
}

const SIGNAL_AFTER_MS = 10;

function arrivalsOf(study: TestedStudy, { by, interval }: Setting): Arrival[] {
  return study.objects.map((object, index) => ({
    object,
    at: by === 'receipt' ? object.changedAt : index * interval * 1_000,
  }));
}

function judgeOutcome(
  study: TestedStudy,
  images: number,
  { config }: Setting,
): Pick<StudyVerdict, 'outcome' | 'outcomeReason'> {
  if (images === 0) return { outcome: 'no-images', outcomeReason: REASON_NO_IMAGES };
  const limit = config.assembly.studyAgeLimitDays;
  if (isPrior(study.attributes.studyDate ?? null, limit, new Date())) {
    return { outcome: 'prior', outcomeReason: `older than ${limit} days` };
  }
  return { outcome: 'triaged', outcomeReason: 'an analysis for each closing' };
}

function judgeOrder({ attributes }: TestedStudy, { priorityRule }: Setting): StudyVerdict['order'] {
  const order = orderPriority(attributes.requestedProcedurePriority);
  const { basePriority } = decidePriority(priorityRule, { order, receivedAt: 0 }, []);
  const longestWaitMinutes = priorityRule.longestWaitMinutes[basePriority];
  return { priority: basePriority, source: order.source, longestWaitMinutes };
}

/** What would have become of a study. */
export function judgeStudy(
  study: TestedStudy,
  setting: Setting,
  models: readonly ModelVerdict[],
): StudyVerdict {
  const { config, rules } = setting;
  const arrivals = arrivalsOf(study, setting);
  const callingAe = study.objects[0]?.facts.callingAe ?? '';
  const site = siteOf(callingAe, { config, rule: setting.priorityRule });
  const { closings, evidence } = playStudy(arrivals, {
    rules,
    site,
    studyDescription: study.attributes.studyDescription,
    quietSeconds: (modality) => quietSecondsFor(config, modality),
    signal:
      setting.signal === undefined ? undefined : { kind: setting.signal, afterMs: SIGNAL_AFTER_MS },
  });
  const rule = findRule(rules, evidence);
  const images = arrivals.filter(({ object }) => object.kind === 'image');
  const first = (images.length > 0 ? images : arrivals).reduce(
    (least, { at }) => Math.min(least, at),
    Number.POSITIVE_INFINITY,
  );
  const before = rules.rules.slice(
    0,
    rules.rules.includes(rule) ? rules.rules.indexOf(rule) : undefined,
  );
  return {
    studyInstanceUid: study.studyInstanceUid,
    modalities: [...new Set(study.objects.map(({ facts }) => facts.modality ?? '?'))].sort(),
    images: evidence.images,
    objects: evidence.objects,
    series: new Set(study.objects.map(({ facts }) => facts.seriesInstanceUid)).size,
    site,
    rule: rule.name,
    notMatched: before.map(({ name, match }) => ({
      rule: name,
      why: whyNotMatched(match, evidence) ?? '',
    })),
    demands: judgeDemands(rule.demand, evidence),
    closings: closings.map(({ at, images: here, completion }) => ({
      afterSeconds: Math.round(at - first) / 1_000,
      images: here,
      by: completion.by,
      reason: completion.reason,
      rule: completion.rule.name,
    })),
    ...judgeOutcome(study, evidence.images, setting),
    order: judgeOrder(study, setting),
    models,
  };
}
