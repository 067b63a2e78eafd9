import { describe, expect, it } from 'vitest';
import { SpilledList } from '#worklist/dicomweb/store/spilled-list.ts';

async function all<Item>(list: SpilledList<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of list.read()) items.push(item);
  return items;
}

describe('a list that spills to disk', () => {
  it.each([0, 1, 9, 10, 11, 1_234])(
    'gives %i items back in order, ten in memory',
    async (count) => {
      const list = new SpilledList<{ number: number; text?: string }>(10);
      const items = Array.from({ length: count }, (_, number) => ({
        number,
        text: `é\n"${number}`,
      }));
      // Without waiting in between, as many at once add to it.
      await Promise.all(items.map((item) => list.add(item)));
      expect(list.length).toBe(count);
      expect(await all(list)).toEqual(items);
      expect(await all(list)).toEqual(items);
      await list.dispose();
      await list.dispose();
    },
  );
});
