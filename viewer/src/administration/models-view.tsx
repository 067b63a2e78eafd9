import { useQuery } from '@tanstack/react-query';
import type { Health } from '#contracts/session.ts';
import { messageOf } from '../api/client.ts';
import { healthQuery, modelsQuery } from '../api/queries.ts';
import { TEXT } from '../design/text.ts';
import { Chip, State } from '../design/ui.tsx';
import { fromServer } from '../languages/server-words.ts';
import { ModelComparisonPanel } from './model-comparison.tsx';
import { ModelPanel } from './model-panel.tsx';
import { ADMINISTRATION_TEXT as T } from './text.ts';

function partsOf({ components: { database, queue, listener, worker } }: Health) {
  return [
    { name: T.components.database, ...database },
    { name: T.components.queue, ...queue },
    { name: T.components.listener, ...listener },
    { name: T.components.worker, ...worker },
  ];
}

function HealthPanel() {
  const health = useQuery(healthQuery);
  return (
    <section className="panel" aria-label={T.health}>
      <div className="panel-head">
        <h2>{T.health}</h2>
        {health.data === undefined ? null : (
          <span className="quiet small">
            {T.version} {health.data.version}
          </span>
        )}
      </div>
      {health.isError ? <State title={messageOf(health.error)} /> : null}
      {health.data === undefined ? null : (
        <ul className="health" data-testid="health">
          {partsOf(health.data).map(({ name, status, detail }) => (
            <li key={name}>
              <strong>{name}</strong>
              <Chip tone={status === 'ok' ? 'good' : 'bad'}>{status === 'ok' ? T.ok : T.down}</Chip>
              <span className="second small">{detail === null ? null : fromServer(detail)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function ModelsPanel() {
  const models = useQuery(modelsQuery);
  return (
    <section className="panel" aria-label={T.models}>
      <div className="panel-head">
        <h2>{T.models}</h2>
      </div>
      {models.isPending ? <State title={TEXT.loading} /> : null}
      {models.isError ? <State title={messageOf(models.error)} /> : null}
      {models.data?.models.length === 0 ? <State title={T.noModels} /> : null}
      <div className="models">
        {models.data?.models.map((model) => (
          <ModelPanel key={`${model.id}@${model.version}`} model={model} />
        ))}
      </div>
    </section>
  );
}

/** How the parts are, and the models. */
export function ModelsView() {
  return (
    <>
      <HealthPanel />
      <ModelsPanel />
      <ModelComparisonPanel />
    </>
  );
}
