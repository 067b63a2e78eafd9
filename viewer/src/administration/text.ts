import type { ModelRole } from '#core/finding.ts';
import { translated } from '../languages/language.ts';

export const ADMINISTRATION_TEXT = translated('ADMINISTRATION_TEXT', {
  title: 'Administration',
  health: 'Health',
  components: {
    database: 'database',
    queue: 'queue',
    listener: 'listener',
    worker: 'worker',
  },
  ok: 'works',
  down: 'down',
  version: 'Version',
  models: 'Models',
  noModels: 'No model is installed.',
  failures: 'Failed jobs',
  noFailures: 'No job has failed for good.',
  failuresLead: 'Jobs that ran out of tries. Their studies keep their place on the worklist.',
  retry: 'Try again',
  retried: 'The job runs again.',
  columns: ['Job', 'Study', 'Failure', 'Tries', 'Failed at', ''],
  notYet: 'not run yet',
  auc: 'AUC in validation',
  provider: 'Runs on',
  digest: 'SHA-256',
  licence: 'Licence',
  intendedUse: 'Intended use',
  label: 'Marks',
  threshold: 'Flags from score',
  demonstration: 'demonstration',
  changed: (by: string, at: string) => `by ${by}, ${at}`,
  note: 'Note for the record (optional)',
  noteNeeded: 'Why this model, for the record',
  allowDemonstration: 'It is for demonstration and not for patients: promote it nevertheless',
  pinned: 'Pinned',
  isPinned: 'Its files may not change any more',
  notPinned: 'not yet: it is when it gets a role',
  evaluation: 'Evaluated at this site',
  noEvaluation: 'no evaluation was given',
  done: (title: string, role: string) => `${title}: ${role}.`,
});

export const ROLE_WORDS: Readonly<Record<ModelRole, string>> = translated('ROLE_WORDS', {
  shadow: 'in shadow',
  active: 'active',
  retired: 'retired',
});

export const ROLE_ACTS: Readonly<
  Record<ModelRole, { button: string; title: string; detail: string }>
> = translated('ROLE_ACTS', {
  active: {
    button: 'Promote',
    title: 'Promote this model?',
    detail: 'From now on its flags raise studies on the worklist, and readers see its marks.',
  },
  shadow: {
    button: 'Put in shadow',
    title: 'Put this model in shadow?',
    detail:
      'It goes on running and is recorded, but changes nothing and is shown to administrators only.',
  },
  retired: {
    button: 'Retire',
    title: 'Retire this model?',
    detail: 'It no longer runs. What it said before stays on record.',
  },
});
