import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Model } from '#contracts/administration.ts';
import { modelsQuery } from '../api/queries.ts';
import { ModelCardDialog } from '../design/model-card-dialog.tsx';
import { NOTICES, TEXT } from '../design/text.ts';
import { Button, Notice } from '../design/ui.tsx';

/** What a reader must know of the models that stand behind the list: those in shadow, those for demonstration. */
export function ModelNotices() {
  const models = useQuery(modelsQuery);
  const [card, setCard] = useState<Model | null>(null);
  const notices = (models.data?.models ?? []).flatMap((model) => {
    if (model.role === 'retired') return [];
    if (model.problem !== null) {
      return model.role === 'active' ? [{ model, text: NOTICES.refused(model.title) }] : [];
    }
    if (model.role === 'shadow') return [{ model, text: NOTICES.shadow(model.title) }];
    return model.demonstration ? [{ model, text: NOTICES.demonstration(model.title) }] : [];
  });
  return (
    <>
      {notices.map(({ model, text }) => (
        <Notice
          key={`${model.id}@${model.version}`}
          tone={model.problem !== null ? 'bad' : model.role === 'shadow' ? 'warn' : 'info'}
          testId={model.problem !== null ? 'notice-refused' : `notice-${model.role}`}
          action={
            <Button kind="quiet" size="small" onClick={() => setCard(model)}>
              {TEXT.modelCard}
            </Button>
          }
        >
          {text}
        </Notice>
      ))}
      {card === null ? null : (
        <ModelCardDialog modelId={card.id} version={card.version} onClose={() => setCard(null)} />
      )}
    </>
  );
}
