import { translated } from '../languages/language.ts';

const days = (count: number) => (count === 1 ? '1 day' : `${count} days`);

export const PRIORS_TEXT = translated('PRIORS_TEXT', {
  priors: (count: number) => (count === 1 ? '1 prior' : `${count} priors`),
  none: 'No prior in the archive of this system.',
  noPatientId: 'No priors: the patient has no ID that tells them from others.',
  otherBirthDate: (count: number) =>
    count === 1
      ? '1 study under this ID has another birth date: it is not offered.'
      : `${count} studies under this ID have another birth date: they are not offered.`,
  unknown: 'Priors could not be looked for.',
  looking: 'Looking for priors',
  prior: 'PRIOR',
  /** @param count whole days, months or years */
  earlier: {
    days: (count: number) => (count === 0 ? 'of the same day' : `${days(count)} earlier`),
    months: (count: number) => `${count} months earlier`,
    years: (count: number) => `${count} years earlier`,
    unknown: 'date unknown',
  },
  place: (place: number, count: number) => `${place} of ${count}`,
  previous: 'The prior before this one (<)',
  next: 'The prior after this one, then none (>)',
  open: 'Show beside the study (<)',
  close: 'Close the prior',
  opening: 'Opening the prior',
  failed: 'The prior could not be opened.',
  noImages: 'This prior has no image that can be drawn.',
  imageFailedDetail: 'Choose another image of the prior, or another prior.',
  rests: 'view only',
  noVerdicts: 'Verdicts are given on the study, not on its prior.',
});
