import type { WorklistColumn } from '#contracts/worklist-views.ts';
import type { ReadingStatus, StudyStatus } from '#core/study-state.ts';
import { translated } from '../languages/language.ts';

export const WORKLIST_TEXT = translated('WORKLIST_TEXT', {
  title: 'Worklist',
  filters: 'Filters',
  search: 'Name, ID, accession',
  priority: 'Priority',
  reading: 'Reading',
  toRead: 'To read',
  all: 'All',
  flaggedOnly: 'Flagged only',
  mine: 'Mine',
  mineHint: 'Studies that you have open or have signed off',
  clear: 'Clear filters',
  /** Stands behind the number. */
  studies: (count: number) => (count === 1 ? 'study' : 'studies'),
  notTriage: 'not in triage order',
  sortedBy: (column: string, direction: 'ascending' | 'descending') =>
    `Sorted by ${column.toLowerCase()}, ${direction}:`,
  backToTriage: 'Back to triage order',
  more: 'More filters',
  views: 'Views',
  detail: 'Details',
  emptyTitle: 'Nothing waits to be read',
  emptyDetail: 'Studies appear here by themselves, from their first image.',
  noMatchTitle: 'No study matches these filters',
  openedBy: 'Opened by',
  overdue: 'overdue',
  overdueHint:
    'Waited longer than the site allows for its class: it stands before every AI-raised study.',
  turnaround: 'turnaround',
  turnaroundHint: 'From the receipt of its first image to the sign-off',
  show: 'Show',
  rowLoading: 'Loading',
  offlineList:
    'The server cannot be reached: this is the list as it was. It is tried again by itself.',
  newStudies: (count: number, shown: string) =>
    count === 1 ? '1 new study' : `${shown} new studies`,
  noAccession: (number: string) => `No study with the accession number ${number} is here`,
  noAccessionDetail: 'Its images may not have come yet: this page looks again by itself.',
  severalOfAccession: (count: number, number: string) =>
    `${count} studies have the accession number ${number}`,
  newStat: (name: string, reason: string) => `New STAT study: ${name}. ${reason}`,
  helpTitle: 'Keys on the worklist',
  keys: [
    ['↑ ↓', 'Choose a study'],
    ['PgUp PgDn', 'Ten up, ten down'],
    ['Home End', 'First, last of the whole list'],
    ['D', 'Details of the chosen study'],
    ['U', 'Bring the order up to date'],
    ['F', 'More filters'],
    ['M', 'Mine alone, and all again'],
    ['Enter', 'Open the study'],
    ['/', 'Search'],
    ['Esc', 'Leave the search'],
    ['?', 'These keys'],
  ],
});

export const COLUMN_TITLES: Readonly<Record<WorklistColumn, string>> = translated('COLUMN_TITLES', {
  priority: 'Priority',
  image: 'Image',
  patient: 'Patient',
  study: 'Study',
  ai: 'AI',
  reason: 'Reason for the place',
  received: 'Received',
  waiting: 'Waiting',
  reading: 'Reading',
  modality: 'Modality',
  age: 'Age',
  accession: 'Accession',
  'study-date': 'Study date',
  site: 'Site',
  images: 'Images',
});

export const STATUS_WORDS: Readonly<Record<StudyStatus, string>> = translated('STATUS_WORDS', {
  receiving: 'Receiving',
  queued: 'Queued',
  analysing: 'Analysing',
  analysed: 'Analysed',
  'not-analysed': 'Not analysed',
  failed: 'Failed',
});

export const READING_WORDS: Readonly<Record<ReadingStatus, string>> = translated('READING_WORDS', {
  unread: 'Unread',
  open: 'Open',
  reviewed: 'Reviewed',
  'reported-elsewhere': 'Reported elsewhere',
});
