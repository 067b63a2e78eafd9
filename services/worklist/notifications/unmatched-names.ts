import type { RegisteredModel } from '#models/registry/registry.ts';
import type { NotificationRule } from '#platform/config/notifications.ts';

type NamedModel = Pick<RegisteredModel, 'id' | 'role'> & {
  readonly manifest?:
    | {
        readonly labels: readonly {
          readonly id: string;
          readonly label: string;
          readonly code: { readonly scheme: string; readonly value: string };
        }[];
      }
    | undefined;
};

/** What a rule names in `findings` and `models` that no active model has: nobody is ever told of that. */
export function unmatchedNames(
  { when }: Pick<NotificationRule, 'when'>,
  models: readonly NamedModel[],
): string[] {
  const active = models.filter(({ role }) => role === 'active');
  const ids = new Set(active.map(({ id }) => id));
  const labels = active.flatMap(({ manifest }) => manifest?.labels ?? []);
  const names = new Set(
    labels.flatMap(({ id, label, code }) => [id, label, `${code.scheme}:${code.value}`]),
  );
  return [
    ...(when.findings ?? []).filter((name) => !names.has(name)),
    ...(when.models ?? []).filter((id) => !ids.has(id)),
  ];
}
