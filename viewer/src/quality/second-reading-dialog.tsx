import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { QualityItem } from '#contracts/quality.ts';
import { messageOf, send } from '../api/client.ts';
import { formatPersonName } from '../design/format.ts';
import { showToast } from '../design/toasts.tsx';
import { Button, Dialog } from '../design/ui.tsx';
import { QUALITY_TEXT as T } from './text.ts';

export function SecondReadingDialog(props: {
  readonly item: QualityItem;
  readonly onClose: () => void;
}) {
  const { study } = props.item;
  const queries = useQueryClient();
  const [positive, setPositive] = useState<boolean | null>(null);
  const [comment, setComment] = useState('');
  const save = useMutation({
    mutationFn: (body: { positive: boolean; comment?: string }) =>
      send(`/api/quality/studies/${encodeURIComponent(study.studyInstanceUid)}/readings`, {
        method: 'POST',
        body,
      }),
    onSuccess: async () => {
      showToast(T.saved);
      props.onClose();
      await queries.invalidateQueries({ queryKey: ['quality'] });
    },
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const given = comment.trim();
    if (positive !== null) save.mutate({ positive, ...(given === '' ? {} : { comment: given }) });
  };
  return (
    <Dialog
      title={`${T.second}: ${formatPersonName(study.patientName)}`}
      description={T.secondLead}
      onClose={props.onClose}
    >
      <form className="second-form" onSubmit={onSubmit}>
        <fieldset className="toggles" aria-label={T.second}>
          <Button aria-pressed={positive === true} onClick={() => setPositive(true)}>
            {T.positive}
          </Button>
          <Button aria-pressed={positive === false} onClick={() => setPositive(false)}>
            {T.negative}
          </Button>
        </fieldset>
        <label className="labelled">
          {T.comment}
          <textarea
            className="field"
            rows={3}
            maxLength={2000}
            value={comment}
            onChange={({ target }) => setComment(target.value)}
          />
        </label>
        <p className="sign-error" role="alert">
          {save.isError ? messageOf(save.error) : ''}
        </p>
        <div className="dialog-actions">
          <Button type="submit" kind="primary" disabled={positive === null || save.isPending}>
            {T.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
