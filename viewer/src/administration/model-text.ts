import { translated } from '../languages/language.ts';

function studies(count: number): string {
  return count === 1 ? '1 study' : `${count} studies`;
}

export const MODEL_TEXT = translated('MODEL_TEXT', {
  points: 'Operating points',
  inUse: 'in use',
  sensitivity: (value: string) => `sensitivity ${value}`,
  specificity: (value: string) => `specificity ${value}`,
  fromScore: (point: string, score: string) => `${point}: from score ${score}`,
  checked: 'Input check',
  unchecked: 'It has no input check: it scores whatever its selection lets through.',
  refusedOf: (refused: number, n: number) => `${refused} of ${n} refused`,
  untested: 'Not tested',
  comparison: 'Comparison',
  lead: 'What two versions made of the studies that both analysed. Each is taken as if it alone were active.',
  a: 'In use (A)',
  b: 'Candidate (B)',
  choose: 'Two versions are needed to compare.',
  same: 'Choose two different versions.',
  none: 'No study was seen by both yet.',
  noneDetail: 'A model in shadow sees studies that come in while it is there.',
  compared: (count: number) => `${studies(count)} analysed by both.`,
  seen: (a: number, b: number) => `A saw ${a}, B saw ${b}. Shares with their 95% intervals.`,
  each: 'Each',
  flagged: 'Flagged',
  confirmed: (total: number) =>
    `Of ${studies(total)} in which readers confirmed a finding, flagged`,
  unconfirmed: (total: number) =>
    `Of ${studies(total)} in which readers confirmed nothing, flagged`,
  milliseconds: 'Network, ms a study: median (95th percentile)',
  outcomes: 'Without a result',
  outcomeWords: ['outside intended use', 'not analysed', 'failed'],
  everyOne: 'none',
  crossed: 'Studies',
  flaggedBy: (side: string) => `flagged by ${side}`,
  notFlaggedBy: (side: string) => `not flagged by ${side}`,
  percent: (number: string) => `${number}%`,
  observed: 'Both say the same',
  kappa: "Cohen's kappa (95%)",
  undefinedKappa: 'undefined: both always say the same',
  difference: 'B flags more than A by (95%)',
  pointsMore: (more: string, from: string, to: string) => `${more} points (${from} to ${to})`,
  mcNemar: "McNemar's exact test, p",
  raised: 'Studies raised in the list',
  raisedBy: (a: number, b: number) => `${a} by A, ${b} by B`,
  places: 'Place in the list on arrival with B',
  moved: (earlier: number, later: number, hours: number) =>
    `${earlier} earlier, ${later} later, among those of the ${hours} hours before`,
  scores: (label: string) => `${label}: scores of A and B`,
  scoreLines: 'Each point is a study; lines: the score from which each flags.',
  sampled: (shown: number, total: number) => `${shown} of ${total} are drawn.`,
  scoreOf: (side: string) => `score of ${side}`,
  subgroups: 'Flagged, by modality, site, sex and age',
  group: 'Group',
  groupedBy: { modality: 'modality', site: 'site', sex: 'sex', age: 'age' },
  reasons: 'Why some have no result',
  reason: 'Reason',
  studies: 'Studies',
  differences: 'Studies that differ',
  noDifferences: 'The two flag the same studies.',
  showAll: (count: number) => `Show all ${count}`,
  leftOut: (count: number) =>
    `${count} more are left out: radtriage models compare with --from and --to looks at fewer.`,
  columns: ['Received', 'What', 'A', 'B', 'Place with B', 'Reader'],
  gained: (places: number) =>
    places === 0 ? 'the same' : `${Math.abs(places)} ${places > 0 ? 'earlier' : 'later'}`,
  word: (flagged: boolean, score: string | null) =>
    `${flagged ? 'flagged' : 'not flagged'}${score === null ? '' : `, score ${score}`}`,
  read: (confirmed: boolean | null) =>
    confirmed === null ? 'not read yet' : confirmed ? 'finding confirmed' : 'nothing confirmed',
});
