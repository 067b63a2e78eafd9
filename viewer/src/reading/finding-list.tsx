import { useEffect, useRef, useState } from 'react';
import type { StudyDetail } from '#contracts/study.ts';
import { formatScore } from '../design/format.ts';
import { ModelCardDialog } from '../design/model-card-dialog.tsx';
import { TEXT } from '../design/text.ts';
import { Button, Key } from '../design/ui.tsx';
import { STATE_GLYPHS } from './finding-marks.tsx';
import { type Judgeable, restOf } from './judging-rest.tsx';
import type { Mark } from './marks.ts';
import { OVERLAY_TEXT } from './overlay-text.ts';
import { READING_TEXT as T } from './text.ts';
import type { Act } from './use-actions.ts';
import type { DraftControl } from './use-draft.ts';
import type { Judging } from './use-judging.ts';

interface ModelCard {
  readonly modelId: string;
  readonly version: string;
}

interface CardProps {
  readonly mark: Mark;
  readonly judging: Judging;
  readonly judgeable: Judgeable;
  readonly onCard: (card: ModelCard) => void;
}

/** Buttons of the chosen finding. They act on it alone, whatever the keys do meanwhile. */
function CardActions({ mark, judging, judgeable }: CardProps) {
  const rest = restOf(judgeable);
  const amending = judging.editing?.kind === 'amend' && judging.editing.id === mark.id;
  return (
    <div className="finding-actions">
      {mark.added ? (
        <Button size="small" {...rest} onClick={() => judging.remove(mark.id)}>
          {T.remove}
        </Button>
      ) : (
        <>
          <Button
            size="small"
            title="y"
            {...rest}
            aria-pressed={mark.state === 'confirm'}
            data-testid="confirm"
            onClick={() => judging.confirm(mark.id)}
          >
            {T.confirm} <Key>y</Key>
          </Button>
          <Button
            size="small"
            title="n"
            {...rest}
            aria-pressed={mark.state === 'reject'}
            data-testid="reject"
            onClick={() => judging.reject(mark.id)}
          >
            {T.reject} <Key>n</Key>
          </Button>
        </>
      )}
      <Button
        size="small"
        title="e"
        {...rest}
        aria-pressed={amending || mark.state === 'amend'}
        data-testid="amend"
        onClick={() => (amending ? judging.stopEditing() : judging.amend(mark.id))}
      >
        {T.amend} <Key>e</Key>
      </Button>
    </div>
  );
}

function LabelField({ mark, judging, judgeable }: CardProps) {
  return (
    <label className="labelled">
      {T.label}
      <input
        className="field"
        key={mark.label}
        defaultValue={mark.label}
        maxLength={100}
        list="finding-labels"
        disabled={judgeable.covered}
        data-testid="finding-label"
        onBlur={({ target }) => judging.setLabel(mark.id, target.value)}
        onKeyDown={({ key, currentTarget }) => {
          if (key === 'Enter' || key === 'Escape') currentTarget.blur();
        }}
      />
    </label>
  );
}

function ReasonField({ mark, judging, judgeable }: CardProps) {
  return (
    <label className="labelled">
      {T.reason}
      <input
        className="field"
        key={mark.reason}
        defaultValue={mark.reason}
        maxLength={200}
        disabled={judgeable.covered}
        data-testid="reject-reason"
        onBlur={({ target }) => {
          if (target.value.trim() !== mark.reason) judging.setReason(mark.id, target.value.trim());
        }}
        onKeyDown={({ key, currentTarget }) => {
          if (key === 'Enter' || key === 'Escape') currentTarget.blur();
        }}
      />
    </label>
  );
}

/** Who says so, with its version; the model's card is a click away. */
function SeenBy({ mark, onCard }: Pick<CardProps, 'mark' | 'onCard'>) {
  const isMany = mark.seenBy.length > 1;
  return (
    <ul
      className="seen-by second small"
      aria-label={T.seenBy(mark.seenBy.length)}
      data-testid={isMany ? 'seen-by' : 'finding-model'}
    >
      {mark.seenBy.map((each) => (
        <li key={each.findingId}>
          <button
            type="button"
            className="link clip"
            title={TEXT.modelCard}
            onClick={() => onCard({ modelId: each.modelId, version: each.modelVersion })}
          >
            {each.modelId} {each.modelVersion}
          </button>
          {isMany ? <span>{formatScore(each.score)}</span> : null}
        </li>
      ))}
    </ul>
  );
}

function FindingCard(props: CardProps & { readonly selected: boolean }) {
  const { mark, judging, selected } = props;
  const card = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (selected) card.current?.scrollIntoView({ block: 'nearest' });
  }, [selected]);
  const amending = judging.editing?.kind === 'amend' && judging.editing.id === mark.id;
  const isOpen = selected && judging.signedBy === null;
  return (
    <li
      ref={card}
      className="finding"
      data-testid="finding"
      data-finding={mark.id}
      data-state={mark.state}
      aria-current={selected}
    >
      <button type="button" className="finding-head" onClick={() => judging.select(mark.id)}>
        <span className="finding-glyph" aria-hidden="true">
          {STATE_GLYPHS[mark.state]}
        </span>
        <span className="two">
          <span className="clip">{mark.label}</span>
          <span className="second small">
            {mark.state === 'add' && judging.signedBy !== null
              ? T.addedBy(judging.signedBy)
              : T.verdicts[mark.state]}
            {mark.reason === '' ? '' : `: ${mark.reason}`}
          </span>
        </span>
        {mark.score === null ? null : (
          <span className="finding-score">
            <span className="second small">{OVERLAY_TEXT.units.score}</span>
            {formatScore(mark.score)}
          </span>
        )}
      </button>
      {mark.seenBy.length > 0 ? <SeenBy mark={mark} onCard={props.onCard} /> : null}
      {isOpen ? <CardActions {...props} /> : null}
      {isOpen && (amending || mark.added) ? <LabelField {...props} /> : null}
      {isOpen && mark.state === 'reject' ? <ReasonField {...props} /> : null}
    </li>
  );
}

/** Verdicts on findings of an earlier analysis: given to the same findings of this one on the reader's word alone. */
function Orphans(props: { readonly control: DraftControl; readonly judgeable: Judgeable }) {
  const { control } = props;
  if (control.orphans === 0) return null;
  const rest = restOf(props.judgeable);
  return (
    <div className="orphans" role="status" data-testid="orphans">
      <p className="small">{T.orphans(control.orphans, control.matched)}</p>
      <div className="finding-actions">
        {control.matched === 0 ? null : (
          <Button size="small" {...rest} onClick={control.carryOver} data-testid="carry-over">
            {T.carryOver}
          </Button>
        )}
        <Button size="small" kind="quiet" {...rest} onClick={control.dropOrphans}>
          {T.dropOrphans}
        </Button>
      </div>
    </div>
  );
}

export function FindingList(props: {
  readonly study: StudyDetail;
  readonly judging: Judging;
  readonly act: Act;
  readonly judgeable: Judgeable;
  readonly withheld: boolean;
}) {
  const { judging, judgeable, study } = props;
  const rest = restOf(judgeable);
  const [card, setCard] = useState<ModelCard | null>(null);
  if (props.withheld) return <div className="side-part side-grow" />;
  const labels = [...new Set(study.findings.map((finding) => finding.label))];
  return (
    <section className="side-part side-grow" aria-label={T.findings}>
      <h2 className="side-title">
        {study.aiWithheld ? T.ownMarks : T.findings}
        <span className="quiet small">
          <Key>j</Key> <Key>k</Key>
        </span>
      </h2>
      {judging.signedBy === null ? (
        <Orphans control={judging.control} judgeable={judgeable} />
      ) : null}
      {judging.marks.length === 0 ? (
        <p className="second">{study.aiWithheld ? T.noOwnMarks : T.noFindings}</p>
      ) : null}
      <ol className="findings">
        {judging.marks.map((mark) => (
          <FindingCard
            key={mark.id}
            mark={mark}
            judging={judging}
            judgeable={judgeable}
            selected={mark.id === judging.selected?.id}
            onCard={setCard}
          />
        ))}
      </ol>
      {card === null ? null : <ModelCardDialog {...card} onClose={() => setCard(null)} />}
      <datalist id="finding-labels">
        {labels.map((label) => (
          <option key={label} value={label} />
        ))}
      </datalist>
      {judging.signedBy === null ? (
        <div className="finding-actions">
          <Button
            size="small"
            title="m"
            {...rest}
            aria-pressed={judging.editing?.kind === 'add'}
            data-testid="add-missed"
            onClick={() => props.act({ type: 'add' })}
          >
            {study.aiWithheld ? T.addMark : T.addMissed} <Key>m</Key>
          </Button>
          <Button
            size="small"
            kind="quiet"
            title="u"
            {...rest}
            disabled={judgeable.covered || judging.control.draft.operations.length === 0}
            onClick={judging.control.undo}
            data-testid="undo"
          >
            {T.undo} <Key>u</Key>
          </Button>
        </div>
      ) : null}
    </section>
  );
}
