import { useState } from 'react';
import type { Heatmap, StudyDetail } from '#contracts/study.ts';
import { formatCount, formatScore, formatTime } from '../design/format.ts';
import { ModelCardDialog } from '../design/model-card-dialog.tsx';
import { NOTICES, TEXT } from '../design/text.ts';
import { Button, Chip } from '../design/ui.tsx';
import { fromServer } from '../languages/server-words.ts';
import { AI_TEXT, MODEL_ROLE_WORDS } from '../worklist/ai-text.ts';
import { describeAi } from '../worklist/ai-word.ts';
import { describeOutcome } from '../worklist/detail-words.ts';
import { ExplanationNotes } from './explanation-notes.tsx';
import { lastRun } from './operating-point.ts';
import { OverlayControls } from './overlay-controls.tsx';
import { READING_TEXT as T } from './text.ts';
import type { OverlayControl } from './use-overlay.ts';

type ModelRun = StudyDetail['analysisRuns'][number]['models'][number];

function wordOf(run: ModelRun): string {
  return describeOutcome(run) ?? (run.flagged ? AI_TEXT.flagged : NOTICES.noFindingBy(run.modelId));
}

/** Every label of a model that has several. A score is shown as a score. */
function LabelScores({ run }: { readonly run: ModelRun }) {
  if (run.labels.length < 2) return null;
  return (
    <ul className="label-scores small" aria-label={T.labelScores}>
      {run.labels.map((each) => (
        <li key={each.id} data-flagged={each.flagged} data-testid="label-score">
          <span className="clip">{each.label}</span>
          <span>
            <strong>{formatScore(each.score)}</strong>{' '}
            <span className="second">
              {each.flagged ? T.flaggedFrom : T.flagsFrom} {formatScore(each.threshold)}
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}

function ModelResult(props: { readonly run: ModelRun; readonly onCard: () => void }) {
  const { run } = props;
  const milliseconds = Object.values(run.timings).reduce((sum, stage) => sum + stage, 0);
  return (
    <li className="model-result" data-flagged={run.flagged} data-testid="model-result">
      <div className="model-line">
        <strong className="model-score">{run.score === null ? '–' : formatScore(run.score)}</strong>
        <span className="two">
          <span>{wordOf(run)}</span>
          <span className="second small">
            {run.modelId} {run.modelVersion}
            {run.threshold === null ? '' : ` · ${AI_TEXT.flagsFrom(formatScore(run.threshold))}`}
          </span>
        </span>
      </div>
      <LabelScores run={run} />
      <p className="model-facts-line quiet small">
        <Button kind="quiet" size="small" onClick={props.onCard} data-testid="model-card">
          {TEXT.modelCard}
        </Button>
        {run.role === 'active' ? null : <Chip tone="warn">{MODEL_ROLE_WORDS[run.role]}</Chip>}{' '}
        {AI_TEXT.images(run.images)}
        {run.provider === null ? '' : ` · ${run.provider}`}
        {milliseconds === 0 ? '' : ` · ${formatCount(milliseconds)} ms`}
      </p>
    </li>
  );
}

/** What each model said of these images, and how its marks are shown. */
export function AiPanel(props: {
  readonly study: StudyDetail;
  readonly overlay: OverlayControl;
  readonly heatmap: Heatmap | null;
  readonly withheld: boolean;
}) {
  const { study } = props;
  const [card, setCard] = useState<string | null>(null);
  const run = lastRun(study);
  const models = run?.models ?? [];
  const word = describeAi(study);
  const completion = study.imageRevisions[0]?.completionReason;
  return (
    <section className="side-part" aria-label={T.aiResult}>
      <h2 className="side-title">
        {T.aiResult}
        {run?.finishedAt == null ? null : (
          <span className="quiet small">{formatTime(run.finishedAt)}</span>
        )}
      </h2>
      {study.status === 'analysed' ? null : (
        <p className="ai-state" data-tone={word.tone}>
          {word.primary}
          {study.status === 'receiving' ? `: ${word.secondary}` : null}
        </p>
      )}
      {study.status === 'receiving' || completion == null ? null : (
        <p className="quiet small" data-testid="completion">
          {T.imagesComplete(fromServer(completion))}
        </p>
      )}
      {models.length === 0 && study.status === 'analysed' ? <p>{T.noResult}</p> : null}
      <ul className="model-results">
        {models.map((each) => (
          <ModelResult key={each.modelId} run={each} onCard={() => setCard(each.modelId)} />
        ))}
      </ul>
      {props.withheld ? (
        <p className="withheld" data-testid="withheld">
          {T.withheld}
        </p>
      ) : (
        <>
          <OverlayControls overlay={props.overlay} heatmap={props.heatmap} />
          <ExplanationNotes explanations={study.explanations} />
        </>
      )}
      {card === null ? null : <ModelCardDialog modelId={card} onClose={() => setCard(null)} />}
    </section>
  );
}
