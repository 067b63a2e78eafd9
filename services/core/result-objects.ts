/**
 * What of a result goes back to the PACS: a structured report (TID 1500), a segmentation or parametric map of the
 * heatmap, a picture with the heatmap burned in, the key images, their boxes as presentation states; and the note that
 * withdraws what an earlier result sent (IHE IOCM).
 */
export const RESULT_KINDS = ['sr', 'seg', 'sc', 'ko', 'gsps', 'rejection'] as const;
export type ResultKind = (typeof RESULT_KINDS)[number];

/** How long a signed review can be undone before anything of it leaves, milliseconds. */
export const REVIEW_UNDO_MS = 15_000;

/** `waiting`: until it is due and its objects are made. `cancelled`: what asked for it was undone or overtaken before. */
export type ResultSetState = 'waiting' | 'made' | 'failed' | 'cancelled';
