import { translated } from '../languages/language.ts';

/** Words that stand around numbers and times. Units of the SI are the same in every language. */
export const FORMAT_TEXT = translated('FORMAT_TEXT', {
  noName: 'Name not given',
  noData: 'no data yet',
  ages: {
    Y: (years: number) => `${years} y`,
    M: (months: number) => (months === 1 ? '1 month' : `${months} months`),
    W: (weeks: number) => (weeks === 1 ? '1 week' : `${weeks} weeks`),
    D: (days: number) => (days === 1 ? '1 day' : `${days} days`),
  },
  sexes: { M: 'male', F: 'female', O: 'other' },
  sexLetters: { M: 'M', F: 'F', O: 'O' },
  now: 'now',
  ago: (passed: string) => `${passed} ago`,
  percent: (number: string) => `${number}%`,
  range: (low: string, high: string) => `${low} to ${high}`,
  of: (some: string, all: string) => `${some} of ${all}`,
  interval: (estimate: string, low: string, high: string) => `${estimate} (${low} to ${high})`,
});
