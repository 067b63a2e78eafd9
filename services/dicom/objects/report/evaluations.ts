import { own } from '../codes.ts';
import type { AiResult, Algorithm, Code } from '../types.ts';
import * as concept from './concepts.ts';
import type { ContentItem } from './content-item.ts';
import { algorithmIdentification, code, personObserver, text } from './context.ts';

/** Nothing in a report may be read as "normal". */
const LIMITS =
  'Aid to the order of reading, not for diagnosis. A finding that is not flagged is not excluded.';

/** The container of TID 1500 that takes codes and texts only: what became of each model, the priority, the review. */
export function qualitativeEvaluations(result: AiResult): ContentItem {
  const { priority, review, readingMode } = result;
  return {
    type: 'CONTAINER',
    relationship: 'CONTAINS',
    concept: concept.QUALITATIVE_EVALUATIONS,
    children: [
      processing(result),
      ...result.algorithms.map(outcome),
      {
        ...code('CONTAINS', concept.PRIORITY, own(`PRIORITY-${priority.level}`, priority.level)),
        children: [
          text('HAS PROPERTIES', concept.REASON, priority.reason),
          text(
            'HAS PROPERTIES',
            concept.PRIORITY_RULE,
            `${priority.ruleId}, version ${priority.ruleVersion}`,
          ),
        ],
      },
      code('CONTAINS', concept.READING_MODE, readingModeCode(readingMode)),
      text('CONTAINS', concept.LIMITATION, LIMITS),
      ...(review?.comment === undefined
        ? []
        : [
            {
              ...text('CONTAINS', concept.COMMENT, review.comment),
              children: personObserver(review.readerName),
            },
          ]),
    ],
  };
}

function processing(result: AiResult): ContentItem {
  return isApplied(result)
    ? code('CONTAINS', concept.PROCESSING_SUMMARY, processingSummary(result))
    : code('CONTAINS', concept.PROCESSING, concept.NOT_APPLIED);
}

/** Whether an algorithm was applied to the study, with or without success; else each says why it was not. */
function isApplied({ algorithms, isAnalysisFailed = false }: AiResult): boolean {
  return (
    isAnalysisFailed ||
    algorithms.some(({ outcome }) => outcome === 'analysed' || outcome === 'failed')
  );
}

/** CID 6047, of the models alone: a reader's verdict does not change what they said. */
function processingSummary({ algorithms, findings }: AiResult): Code {
  const succeeded = algorithms.filter(({ outcome }) => outcome === 'analysed').length;
  if (succeeded === 0) return concept.NONE_SUCCEEDED;
  const found =
    algorithms.some(({ labels }) => labels.some(({ flagged }) => flagged)) ||
    findings.some(({ algorithm }) => algorithm !== null);
  if (succeeded === algorithms.length) {
    return found ? concept.ALL_WITH_FINDINGS : concept.ALL_WITHOUT_FINDINGS;
  }
  return found ? concept.SOME_WITH_FINDINGS : concept.SOME_WITHOUT_FINDINGS;
}

function outcome(algorithm: Algorithm): ContentItem {
  return {
    ...code('CONTAINS', concept.OUTCOME, concept.OUTCOMES[algorithm.outcome]),
    children: [
      ...algorithmIdentification(algorithm),
      ...(algorithm.reason === undefined
        ? []
        : [text('HAS PROPERTIES', concept.REASON, algorithm.reason)]),
    ],
  };
}

function readingModeCode(mode: AiResult['readingMode']): Code {
  return mode === 'assist'
    ? own('ASSIST', 'Assist: places are shown')
    : own('TRIAGE-ONLY', 'Triage only: no place is shown');
}
