import { translated } from '../languages/language.ts';

export const PACS_TEXT = translated('PACS_TEXT', {
  title: 'Sent to the PACS',
  result: (signedBy: string | null) =>
    signedBy === null ? 'AI result' : `Result signed by ${signedBy}`,
  undoUntil: (time: string) => `goes out at ${time} unless it is undone`,
  making: 'is being made',
  retrying: (why: string) => `could not be made yet and is tried again: ${why}`,
  failed: (why: string) => `could not be made: ${why}`,
  nobody: 'nothing of it is to be sent',
  forgotten: 'sent so long ago that it is not kept where to',
  sent: (count: number, time: string) => `${count} sent ${time}`,
  waiting: (count: number) => `${count} waiting`,
  /** Why is for administrators: it stands in the tooltip, and in Administration. */
  held: (count: number) => `${count} waiting, not taken so far`,
  dead: (count: number) => `${count} could not be sent`,
});
