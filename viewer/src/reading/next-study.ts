import { worklistSchema } from '#contracts/worklist.ts';
import { request } from '../api/client.ts';
import { chooseNext } from '../worklist/choose-next.ts';
import { loadView, PLAIN_VIEW, toQuery } from '../worklist/filters.ts';

/** Where the next study is looked for. */
const NEXT_ROWS = 200;
/** It is among the first ones unless as many are open elsewhere. */
const AHEAD_ROWS = 20;

interface Options {
  readonly ahead?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * The next study of the reader's own list, in the order of triage however it is sorted; null when there is none.
 * @throws ApiFailure
 */
export async function findNext(
  current: string,
  reader: string,
  { ahead = false, signal }: Options = {},
): Promise<string | null> {
  const { filters } = loadView() ?? PLAIN_VIEW;
  const limit = ahead ? AHEAD_ROWS : NEXT_ROWS;
  const path = `/api/worklist?limit=${limit}&${toQuery({ filters, sort: null })}`;
  const list = await request(worklistSchema, path, {
    ahead,
    ...(signal === undefined ? {} : { signal }),
  });
  return chooseNext(list.items, current, reader);
}
