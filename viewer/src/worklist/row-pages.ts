import type { WorklistItem } from '#contracts/study.ts';

export const PAGE_ROWS = 100;
/** As many rows as one may go back to without waiting. */
const MAX_PAGES = 60;

interface Page {
  /** Empty where a study has moved to another page since. */
  readonly uids: string[];
  generation: number;
}

export interface Sight {
  readonly first: number;
  readonly last: number;
}

/** Rows by their place, in pages that were fetched at different times: no study is ever in two places. */
export interface Pages {
  /** Rises each time that the order is asked for anew. */
  readonly generation: number;
  rowAt(index: number): WorklistItem | undefined;
  indexOf(uid: string): number | undefined;
  uidsIn(sight: Sight): string[];
  /** Pages that are not here, or of an earlier order; those here go on being shown until the new ones come. */
  missing(sight: Sight): number[];
  put(number: number, items: readonly WorklistItem[], total: number): void;
  /** New content for rows that are here, in their place. */
  update(items: readonly WorklistItem[]): void;
  age(): void;
  /** Pages that hold a changed study out of sight are asked for again when they come into sight. */
  ageExcept(changed: ReadonlySet<string>, inSight: readonly string[]): void;
}

export function createPages(): Pages {
  const pages = new Map<number, Page>();
  const items = new Map<string, WorklistItem>();
  const places = new Map<string, number>();
  let generation = 0;
  let end = Number.POSITIVE_INFINITY;

  const drop = (number: number): void => {
    for (const uid of pages.get(number)?.uids ?? []) {
      if (Math.floor((places.get(uid) ?? -1) / PAGE_ROWS) !== number) continue;
      places.delete(uid);
      items.delete(uid);
    }
    pages.delete(number);
  };
  const leave = (uid: string, number: number): void => {
    const place = places.get(uid);
    if (place === undefined) return;
    const before = Math.floor(place / PAGE_ROWS);
    const page = pages.get(before);
    if (before === number || page === undefined) return;
    page.uids[place % PAGE_ROWS] = '';
    page.generation = -1;
  };
  const uidAt = (index: number) =>
    pages.get(Math.floor(index / PAGE_ROWS))?.uids[index % PAGE_ROWS];
  return {
    get generation() {
      return generation;
    },
    rowAt: (index) => items.get(uidAt(index) ?? ''),
    indexOf: (uid) => places.get(uid),
    uidsIn: ({ first, last }) => {
      const uids: string[] = [];
      for (let index = first; index <= last; index += 1) {
        const uid = uidAt(index);
        if (uid !== undefined && uid !== '') uids.push(uid);
      }
      return uids;
    },
    missing: ({ first, last }) => {
      const numbers: number[] = [];
      const until = Math.floor(Math.min(last, Math.max(0, end - 1)) / PAGE_ROWS);
      for (let number = Math.floor(first / PAGE_ROWS); number <= until; number += 1) {
        if (pages.get(number)?.generation !== generation) numbers.push(number);
      }
      return numbers;
    },
    put: (number, rows, total) => {
      end = total;
      for (const item of rows) leave(item.studyInstanceUid, number);
      drop(number);
      pages.set(number, { uids: rows.map((item) => item.studyInstanceUid), generation });
      for (const [index, item] of rows.entries()) {
        places.set(item.studyInstanceUid, number * PAGE_ROWS + index);
        items.set(item.studyInstanceUid, item);
      }
      for (const other of [...pages.keys()]) {
        if (other * PAGE_ROWS >= total && other !== number) drop(other);
      }
      const far = [...pages.keys()].sort((a, b) => Math.abs(b - number) - Math.abs(a - number));
      for (const other of far.slice(0, Math.max(0, far.length - MAX_PAGES))) drop(other);
    },
    update: (rows) => {
      for (const item of rows) {
        if (items.has(item.studyInstanceUid)) items.set(item.studyInstanceUid, item);
      }
    },
    age: () => {
      generation += 1;
    },
    ageExcept: (changed, inSight) => {
      const kept = new Set(inSight);
      for (const uid of changed) {
        const place = places.get(uid);
        if (place === undefined || kept.has(uid)) continue;
        const page = pages.get(Math.floor(place / PAGE_ROWS));
        if (page !== undefined) page.generation = -1;
      }
    },
  };
}
