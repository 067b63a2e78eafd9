import type { ReadingStatus, StudyStatus } from '#core/study-state.ts';

export const WORKLIST_TEXT = {
  title: 'Worklist',
  search: 'Name, ID, accession',
  priority: 'Priority',
  status: 'AI status',
  anyStatus: 'AI: any',
  reading: 'Reading',
  toRead: 'To read',
  all: 'All',
  flaggedOnly: 'Flagged only',
  clear: 'Clear filters',
  notTriage: 'not in triage order',
  sortedBy: 'Sorted by',
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
  show: 'Show',
  refreshed: 'Up to date',
  rowLoading: 'Loading',
  offlineList:
    'The server cannot be reached: this is the list as it was. It is tried again by itself.',
  helpTitle: 'Keys on the worklist',
  keys: [
    ['↑ ↓', 'Choose a study'],
    ['PgUp PgDn', 'Ten up, ten down'],
    ['Home End', 'First, last of the whole list'],
    ['D', 'Details of the chosen study'],
    ['U', 'Bring the order up to date'],
    ['Enter', 'Open the study'],
    ['/', 'Search'],
    ['Esc', 'Leave the search'],
    ['?', 'These keys'],
  ],
} as const;

export function newStudies(count: number): string {
  return count === 1 ? '1 new study' : `${count.toLocaleString('en')} new studies`;
}

export function noAccession(number: string): { title: string; detail: string } {
  return {
    title: `No study with the accession number ${number} is here`,
    detail: 'Its images may not have come yet: this page looks again by itself.',
  };
}

export function severalOfAccession(count: number, number: string): string {
  return `${count} studies have the accession number ${number}`;
}

export function newStat(name: string, reason: string): string {
  return `New STAT study: ${name}. ${reason}`;
}

export const STATUS_WORDS: Readonly<Record<StudyStatus, string>> = {
  receiving: 'Receiving',
  queued: 'Queued',
  analysing: 'Analysing',
  analysed: 'Analysed',
  'not-analysed': 'Not analysed',
  failed: 'Failed',
};

export const READING_WORDS: Readonly<Record<ReadingStatus, string>> = {
  unread: 'Unread',
  open: 'Open',
  reviewed: 'Reviewed',
  'reported-elsewhere': 'Reported elsewhere',
};
