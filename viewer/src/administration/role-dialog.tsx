import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Model } from '#contracts/administration.ts';
import { modelRoleResponseSchema } from '#contracts/reading.ts';
import type { ModelRole } from '#core/finding.ts';
import { messageOf, request } from '../api/client.ts';
import { modelsQuery } from '../api/queries.ts';
import { showToast } from '../design/toasts.tsx';
import { Button, Dialog } from '../design/ui.tsx';
import { fromServer } from '../languages/server-words.ts';
import { PromotionSummary } from './promotion-summary.tsx';
import { PROMOTION_TEXT } from './promotion-text.ts';
import { ROLE_ACTS, ROLE_WORDS, ADMINISTRATION_TEXT as T } from './text.ts';

type PreviousRole = keyof typeof PROMOTION_TEXT.previousRoles;

/** The version whose place would be taken. */
function useActive({ id, version }: Model): Model | undefined {
  return useQuery(modelsQuery).data?.models.find(
    (other) => other.id === id && other.role === 'active' && other.version !== version,
  );
}

function PreviousChoice(props: {
  readonly version: string;
  readonly value: PreviousRole;
  readonly onChoose: (role: PreviousRole) => void;
}) {
  return (
    <fieldset className="choice">
      <legend className="second small">{PROMOTION_TEXT.previous(props.version)}</legend>
      {(['shadow', 'retired'] as const).map((role) => (
        <label key={role} className="checked">
          <input
            type="radio"
            name="previous"
            checked={props.value === role}
            onChange={() => props.onChoose(role)}
          />
          {PROMOTION_TEXT.previousRoles[role]}
        </label>
      ))}
    </fieldset>
  );
}

/** Asks once more, and takes a note: who may raise studies is a decision that stays on record. */
export function RoleDialog(props: {
  readonly model: Model;
  readonly role: ModelRole;
  readonly onClose: () => void;
}) {
  const { model, role } = props;
  const queries = useQueryClient();
  const [note, setNote] = useState('');
  const [isAllowed, setAllowed] = useState(false);
  const [previousRole, setPreviousRole] = useState<PreviousRole>('shadow');
  const active = useActive(model);
  const words = ROLE_ACTS[role];
  const isPromotion = role === 'active';
  const needsLeave = isPromotion && model.demonstration;
  const isReady = !isPromotion || (note.trim() !== '' && (isAllowed || !needsLeave));
  const change = useMutation({
    mutationFn: () => {
      const given = note.trim();
      const meant = { version: model.version, sha256: model.sha256, role };
      const leave = needsLeave ? { allowDemonstration: isAllowed } : {};
      const previous = isPromotion && active !== undefined ? { previousRole } : {};
      const body = { ...meant, ...leave, ...previous, ...(given === '' ? {} : { note: given }) };
      const path = `/api/models/${encodeURIComponent(model.id)}/role`;
      return request(modelRoleResponseSchema, path, { method: 'POST', body });
    },
    onSuccess: async ({ effect }) => {
      showToast(effect === '' ? T.done(model.title, ROLE_WORDS[role]) : fromServer(effect));
      props.onClose();
      await queries.invalidateQueries();
    },
  });
  return (
    <Dialog title={words.title} description={words.detail} onClose={props.onClose}>
      <p>
        <strong>{model.title}</strong> {model.version}
      </p>
      <p className="mono quiet">{model.sha256}</p>
      {isPromotion ? <PromotionSummary model={model} active={active} /> : null}
      {isPromotion && active !== undefined ? (
        <PreviousChoice version={active.version} value={previousRole} onChoose={setPreviousRole} />
      ) : null}
      <label className="labelled">
        {isPromotion ? T.noteNeeded : T.note}
        <textarea
          className="field"
          rows={2}
          maxLength={500}
          value={note}
          onChange={({ target }) => setNote(target.value)}
        />
      </label>
      {needsLeave ? (
        <label className="checked">
          <input
            type="checkbox"
            checked={isAllowed}
            onChange={({ target }) => setAllowed(target.checked)}
          />
          {T.allowDemonstration}
        </label>
      ) : null}
      {change.isError ? (
        <p className="model-problem" role="alert">
          {messageOf(change.error)}
        </p>
      ) : null}
      <div className="dialog-actions">
        <Button
          kind="primary"
          disabled={change.isPending || !isReady}
          onClick={() => change.mutate()}
          data-testid="role-confirm"
        >
          {words.button}
        </Button>
      </div>
    </Dialog>
  );
}
