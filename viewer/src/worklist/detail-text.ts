import { translated } from '../languages/language.ts';

export const DETAIL_TEXT = translated('DETAIL_TEXT', {
  title: 'About the chosen study',
  nothing: 'Choose a study in the list.',
  reason: 'Why it stands where it stands',
  findings: 'Findings',
  noFindings: 'No finding with a place in the current images.',
  models: 'Models',
  noModels: 'No model has given a result for the current images.',
  notifications: 'Notifications',
  images: 'Images',
  reading: 'Reading',
  open: 'Open',
  withheld: 'The AI result waits for your own impression.',
  keyImage: 'Image of the highest finding',
  notDiagnostic: 'Not for diagnosis',
  leftOfWait: (time: string) => `${time} left of the longest wait of its class`,
  overdueFor: (time: string) => `overdue for ${time}`,
  ordered: (priority: string, source: string) => `Ordered ${priority}: ${source}`,
  turnaround: (time: string) => `Signed off ${time} after its first image came`,
  waiting: (time: string, due: string) => `Waiting ${time}, ${due}`,
  finding: (label: string, score: string, models: string) =>
    `${label}, score ${score} by ${models}`,
});
