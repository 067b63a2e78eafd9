import { useState } from 'react';
import type { Model } from '#contracts/administration.ts';
import type { ModelRole } from '#core/finding.ts';
import { formatDate, formatDecimal, formatEstimate, formatWhen } from '../design/format.ts';
import { ModelCardDialog } from '../design/model-card-dialog.tsx';
import { TEXT } from '../design/text.ts';
import { Button, Chip, type Tone } from '../design/ui.tsx';
import { fromServer } from '../languages/server-words.ts';
import { describeEvaluation } from './describe-evaluation.ts';
import { ModelFigures } from './model-figures.tsx';
import { RoleDialog } from './role-dialog.tsx';
import { ROLE_ACTS, ROLE_WORDS, ADMINISTRATION_TEXT as T } from './text.ts';

const ROLE_TONES: Readonly<Record<ModelRole, Tone>> = {
  active: 'good',
  shadow: 'warn',
  retired: 'plain',
};
const ROLES: readonly ModelRole[] = ['active', 'shadow', 'retired'];

function describeAuc({ auc, aucInterval }: Model): string | null {
  if (auc === null) return null;
  return formatEstimate(auc, aucInterval, 3);
}

function Fact(props: { readonly name: string; readonly value: string | null }) {
  return (
    <div>
      <dt className="quiet small">{props.name}</dt>
      <dd>{props.value ?? TEXT.unknown}</dd>
    </div>
  );
}

function Facts({ model }: { readonly model: Model }) {
  return (
    <dl className="model-facts">
      <Fact name={T.auc} value={describeAuc(model)} />
      <Fact name={T.label} value={model.label} />
      <Fact
        name={T.threshold}
        value={model.threshold === null ? null : formatDecimal(model.threshold, 3)}
      />
      <Fact name={T.provider} value={model.provider ?? T.notYet} />
      <Fact name={T.licence} value={model.licence} />
      <Fact name={T.pinned} value={model.pinned ? T.isPinned : T.notPinned} />
      <Fact
        name={T.evaluation}
        value={model.evaluation === null ? T.noEvaluation : formatDate(model.evaluation.createdAt)}
      />
      <div className="model-digest">
        <dt className="quiet small">{T.digest}</dt>
        <dd className="mono">{model.sha256}</dd>
      </div>
    </dl>
  );
}

export function ModelPanel({ model }: { readonly model: Model }) {
  const [card, setCard] = useState(false);
  const [role, setRole] = useState<ModelRole | null>(null);
  return (
    <article
      className="model"
      data-testid="model"
      data-model={model.id}
      data-version={model.version}
      data-role={model.role}
    >
      <div className="model-head">
        <h3 className="model-title">{model.title}</h3>
        <span className="second small">
          {model.id} {model.version}
        </span>
        <Chip tone={ROLE_TONES[model.role]}>{ROLE_WORDS[model.role]}</Chip>
        {model.demonstration ? <Chip tone="accent">{T.demonstration}</Chip> : null}
        {model.changedBy === null || model.changedAt === null ? null : (
          <span className="quiet small">
            {T.changed(model.changedBy, formatWhen(model.changedAt, new Date()))}
          </span>
        )}
      </div>
      {model.problem === null ? null : (
        <p className="model-problem" role="alert">
          {fromServer(model.problem)}
        </p>
      )}
      <p className="second">{model.intendedUse}</p>
      <Facts model={model} />
      <ModelFigures model={model} />
      {model.validation === null ? null : <p className="second small">{model.validation}</p>}
      {model.evaluation === null ? null : (
        <p className="second small">{describeEvaluation(model.evaluation)}</p>
      )}
      <div className="model-actions">
        {ROLES.filter((each) => each !== model.role).map((each) => (
          <Button
            key={each}
            size="small"
            kind={each === 'active' ? 'primary' : 'plain'}
            disabled={model.problem !== null && (each === 'active' || model.version === '')}
            data-testid={`role-${each}`}
            onClick={() => setRole(each)}
          >
            {ROLE_ACTS[each].button}
          </Button>
        ))}
        <Button size="small" kind="quiet" onClick={() => setCard(true)}>
          {TEXT.modelCard}
        </Button>
      </div>
      {card ? (
        <ModelCardDialog
          modelId={model.id}
          version={model.version}
          onClose={() => setCard(false)}
        />
      ) : null}
      {role === null ? null : (
        <RoleDialog model={model} role={role} onClose={() => setRole(null)} />
      )}
    </article>
  );
}
