import { translated } from '../languages/language.ts';

export const FAILED_RESULT_TEXT = translated('FAILED_RESULT_TEXT', {
  title: 'Results that could not be made',
  lead: 'Nothing of them was sent. The studies stand on the worklist with what was found.',
  none: 'None.',
  columns: {
    study: 'Study',
    result: 'Result',
    reason: 'Reason',
    tries: 'Tries',
    since: 'Since',
    action: 'Action',
  },
  byAi: (number: number) => `${number}, of the AI`,
  bySigner: (number: number, reader: string) => `${number}, signed by ${reader}`,
  retry: 'Try again',
  retried: 'It is made once more.',
  dismiss: 'Dismiss',
  dismissed: 'Left at that.',
});
