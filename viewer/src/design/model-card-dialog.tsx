import { useQuery } from '@tanstack/react-query';
import { messageOf } from '../api/client.ts';
import { modelCardQuery } from '../api/queries.ts';
import { MarkdownView } from './markdown-view.tsx';
import { TEXT } from './text.ts';
import { Dialog, State } from './ui.tsx';

export function ModelCardDialog(props: {
  readonly modelId: string;
  readonly version?: string;
  readonly onClose: () => void;
}) {
  const card = useQuery(modelCardQuery(props.modelId, props.version));
  return (
    <Dialog title={`${TEXT.modelCard}: ${props.modelId}`} onClose={props.onClose}>
      {card.isPending ? <State title={TEXT.loading} /> : null}
      {card.isError ? <State title={messageOf(card.error)} /> : null}
      {card.data === undefined ? null : <MarkdownView source={card.data.markdown} />}
    </Dialog>
  );
}
