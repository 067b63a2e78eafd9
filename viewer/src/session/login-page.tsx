import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { loginSchema } from '#contracts/session.ts';
import { ApiFailure, messageOf, send } from '../api/client.ts';
import { sessionQuery } from '../api/queries.ts';
import { TEXT } from '../design/text.ts';
import { Button } from '../design/ui.tsx';
import { LanguageSelect } from '../languages/language-select.tsx';
import { IDLE_FLAG } from './shell.tsx';
import { SESSION_TEXT as T } from './text.ts';

function explain(error: Error): string {
  if (!(error instanceof ApiFailure)) return messageOf(error);
  if (error.status === 401 || error.status === 400) return T.wrong;
  return error.status === 429 ? T.tooMany : error.message;
}

export function LoginPage() {
  const queries = useQueryClient();
  const [wasIdle] = useState(() => sessionStorage.getItem(IDLE_FLAG) !== null);
  const login = useMutation({
    mutationFn: (form: FormData) => {
      const given = { username: form.get('username'), password: form.get('password') };
      const parsed = loginSchema.safeParse(given);
      if (!parsed.success) throw new Error(T.wrong);
      return send('/api/session', { method: 'POST', body: parsed.data });
    },
    onSuccess: () => {
      sessionStorage.removeItem(IDLE_FLAG);
      return queries.fetchQuery({ ...sessionQuery, staleTime: 0 });
    },
  });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    login.mutate(new FormData(event.currentTarget));
  };
  return (
    <main className="login" data-testid="login-page">
      <form className="login-card" onSubmit={onSubmit}>
        <div>
          <h1>{TEXT.product}</h1>
          <p className="second">{T.lead}</p>
        </div>
        {wasIdle ? <p className="login-hint">{T.idleOut}</p> : null}
        <label className="labelled">
          {T.username}
          <input
            className="field"
            name="username"
            autoComplete="username"
            required
            maxLength={64}
          />
        </label>
        <label className="labelled">
          {T.password}
          <input
            className="field"
            name="password"
            type="password"
            autoComplete="current-password"
            required
            maxLength={256}
          />
        </label>
        <p className="login-error" role="alert">
          {login.isError ? explain(login.error) : ''}
        </p>
        <Button type="submit" kind="primary" disabled={login.isPending}>
          {T.logIn}
        </Button>
        <p className="quiet small">{T.intended}</p>
        <LanguageSelect />
      </form>
    </main>
  );
}
