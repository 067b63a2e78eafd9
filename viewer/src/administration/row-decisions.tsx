import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import { messageOf, request } from '../api/client.ts';
import { showToast } from '../design/toasts.tsx';
import { Button } from '../design/ui.tsx';

/** One thing that an administrator can decide of a row. */
interface Decision {
  /** Last part of the address that it is sent to. */
  readonly act: string;
  readonly label: string;
  /** Said once it is done. */
  readonly done: string;
  /** It stands back behind the others. */
  readonly kind?: 'quiet';
}

/** Buttons that decide what becomes of a row; what the page shows of it is asked for anew afterwards. */
export function RowDecisions(props: {
  /** Of the row, without the decision's part. */
  readonly path: string;
  readonly answer: z.ZodType;
  readonly decisions: readonly Decision[];
}) {
  const queries = useQueryClient();
  const decide = useMutation({
    mutationFn: ({ act }: Decision) =>
      request(props.answer, `${props.path}/${act}`, { method: 'POST' }),
    onSuccess: (_answer, { done }) => showToast(done),
    onError: (error) => showToast(messageOf(error), { tone: 'bad' }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['admin'] }),
  });
  return (
    <div className="row-actions">
      {props.decisions.map((decision) => (
        <Button
          key={decision.act}
          size="small"
          kind={decision.kind ?? 'plain'}
          disabled={decide.isPending}
          onClick={() => decide.mutate(decision)}
        >
          {decision.label}
        </Button>
      ))}
    </div>
  );
}
