import { describe, expect, it } from 'vitest';
import { impressionRequestSchema, reviewRequestSchema } from '#contracts/study.ts';
import {
  carryOver,
  dropOrphans,
  orphansOf,
  successors,
} from '../../../viewer/src/reading/carry-over.ts';
import {
  type Draft,
  EMPTY_DRAFT,
  fitDraft,
  isEmptyDraft,
  judge,
  type Operation,
  perform,
  toImpressionRequest,
  toReviewRequest,
  undecided,
  undo,
} from '../../../viewer/src/reading/draft.ts';
import { loadDraft, saveDraft, sweepDrafts } from '../../../viewer/src/reading/draft-store.ts';

const FINDINGS = [{ id: 'a' }, { id: 'b' }];
const OPENED = '2026-11-23T08:00:00.000Z';
const ADD: Operation = {
  kind: 'add',
  addedId: 'own-1',
  label: 'Nodule',
  sopInstanceUid: '1.2.3',
  frame: 1,
  box: [10, 20, 30, 40],
};

const draftOf = (...operations: Operation[]): Draft => ({ ...EMPTY_DRAFT, operations });

function memoryStore() {
  const kept = new Map<string, string>();
  return {
    kept,
    get length() {
      return kept.size;
    },
    key: (place: number) => [...kept.keys()][place] ?? null,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => {
      kept.set(key, value);
    },
    removeItem: (key: string) => {
      kept.delete(key);
    },
  };
}

describe('what a draft comes to', () => {
  it('takes the last verdict on a finding', () => {
    const draft = draftOf(
      { kind: 'confirm', findingId: 'a' },
      { kind: 'reject', findingId: 'a', reason: 'rib' },
    );
    expect(judge(draft).byFinding.get('a')).toEqual({ verdict: 'reject', reason: 'rib' });
  });

  it('adds amendments of box and label up, until another verdict', () => {
    const moved: Operation = { kind: 'amend', findingId: 'a', box: [1, 2, 3, 4], label: null };
    const named: Operation = { kind: 'amend', findingId: 'a', box: null, label: 'Mass' };
    expect(judge(draftOf(moved, named)).byFinding.get('a')).toEqual({
      verdict: 'amend',
      box: [1, 2, 3, 4],
      label: 'Mass',
    });
    const confirmed: Operation = { kind: 'confirm', findingId: 'a' };
    expect(judge(draftOf(moved, confirmed, named)).byFinding.get('a')).toEqual({
      verdict: 'amend',
      box: null,
      label: 'Mass',
    });
  });

  it('changes and removes what the reader added', () => {
    const changed: Operation = {
      kind: 'change-added',
      addedId: 'own-1',
      box: null,
      label: 'Mass',
    };
    expect(judge(draftOf(ADD, changed)).added).toMatchObject([
      { label: 'Mass', box: [10, 20, 30, 40] },
    ]);
    expect(judge(draftOf(ADD, { kind: 'remove-added', addedId: 'own-1' })).added).toEqual([]);
  });

  it('undoes one act at a time, back to nothing', () => {
    let draft = EMPTY_DRAFT;
    draft = perform(draft, { kind: 'confirm', findingId: 'a' });
    draft = perform(draft, ADD);
    expect(undecided(FINDINGS, judge(draft))).toEqual([{ id: 'b' }]);
    const ids = new Set(FINDINGS.map(({ id }) => id));
    draft = undo(draft, ids);
    expect(judge(draft).added).toEqual([]);
    expect(judge(draft).byFinding.size).toBe(1);
    draft = undo(undo(draft, ids), ids);
    expect(isEmptyDraft(draft)).toBe(true);
  });

  it('drops verdicts on findings that a new analysis replaced, and keeps what the reader added', () => {
    const draft = draftOf({ kind: 'confirm', findingId: 'gone' }, ADD);
    expect(fitDraft(draft, new Set(['a'])).operations).toEqual([ADD]);
    expect(fitDraft(draft, new Set(['gone']))).toBe(draft);
  });
});

describe('the review that is sent', () => {
  it('carries the version that was seen and every verdict, and fits the contract', () => {
    const draft: Draft = {
      operations: [
        { kind: 'reject', findingId: 'b', reason: '  skin fold ' },
        { kind: 'amend', findingId: 'a', box: [1, 2, 3, 4], label: null },
        ADD,
      ],
      comment: '  see prior ',
      impression: '',
      judged: [],
    };
    const request = toReviewRequest({ version: 7, findings: FINDINGS }, draft, OPENED);
    expect(request).toEqual({
      version: 7,
      openedAt: OPENED,
      comment: 'see prior',
      verdicts: [
        { verdict: 'amend', findingId: 'a', box: [1, 2, 3, 4] },
        { verdict: 'reject', findingId: 'b', reason: 'skin fold' },
        {
          verdict: 'add',
          label: 'Nodule',
          sopInstanceUid: '1.2.3',
          frame: 1,
          box: [10, 20, 30, 40],
        },
      ],
    });
    expect(reviewRequestSchema.safeParse(request).success).toBe(true);
  });

  it('leaves out empty words', () => {
    const draft = draftOf({ kind: 'reject', findingId: 'a', reason: ' ' });
    expect(toReviewRequest({ version: 1, findings: FINDINGS }, draft, OPENED)).toEqual({
      version: 1,
      openedAt: OPENED,
      verdicts: [{ verdict: 'reject', findingId: 'a' }],
    });
  });
});

describe('keeping a draft in the browser', () => {
  it('gives it back to the same reader and study only', () => {
    const store = memoryStore();
    const draft = draftOf(ADD);
    saveDraft(store, { reader: 'one', uid: '1.2', version: 4 }, draft);
    expect(loadDraft(store, 'one', '1.2')).toEqual({ version: 4, draft });
    expect(loadDraft(store, 'two', '1.2')).toBeNull();
    expect(loadDraft(store, 'one', '1.3')).toBeNull();
  });

  it('forgets an empty one, and what cannot be read', () => {
    const store = memoryStore();
    saveDraft(store, { reader: 'one', uid: '1.2', version: 4 }, draftOf(ADD));
    saveDraft(store, { reader: 'one', uid: '1.2', version: 4 }, EMPTY_DRAFT);
    expect(store.kept.size).toBe(0);
    store.setItem('radtriage.draft.one.1.2', '{"version":1,"draft":{"operations":[{}]}}');
    expect(loadDraft(store, 'one', '1.2')).toBeNull();
    store.setItem('radtriage.draft.one.1.2', 'no JSON');
    expect(loadDraft(store, 'one', '1.2')).toBeNull();
  });
});

describe('drafts that nobody came back to', () => {
  it('are forgotten after a week, with what is no draft; nothing else is touched', () => {
    const store = memoryStore();
    saveDraft(store, { reader: 'one', uid: '1.2', version: 4 }, draftOf(ADD));
    store.setItem('radtriage.draft.one.1.3', 'no JSON');
    store.setItem('radtriage.theme', 'light');
    const day = 86_400_000;
    sweepDrafts(store, Date.now() + 6 * day);
    expect([...store.kept.keys()]).toEqual(['radtriage.draft.one.1.2', 'radtriage.theme']);
    sweepDrafts(store, Date.now() + 8 * day);
    expect([...store.kept.keys()]).toEqual(['radtriage.theme']);
  });
});

describe('verdicts on an earlier analysis', () => {
  const place = { label: 'Nodule', sopInstanceUid: '1.2.3', frame: 1 };
  const old = { ...place, id: 'old', box: [100, 100, 50, 50] as [number, number, number, number] };
  const near = { ...place, id: 'near', box: [105, 102, 50, 50] as typeof old.box };
  const far = { ...place, id: 'far', box: [400, 100, 50, 50] as typeof old.box };
  const draft: Draft = {
    ...draftOf({ kind: 'reject', findingId: 'old', reason: 'vessel' }, ADD),
    judged: [old],
  };

  it('are kept, count for nothing, and go to the same finding on a word', () => {
    expect(judge(fitDraft(draft, new Set(['near', 'far']))).byFinding.size).toBe(0);
    expect(orphansOf(draft, [near, far])).toEqual(['old']);
    const again = carryOver(draft, [far, near]);
    expect(judge(again).byFinding.get('near')).toEqual({ verdict: 'reject', reason: 'vessel' });
    expect(orphansOf(again, [near, far])).toEqual([]);
    expect(judge(again).added).toHaveLength(1);
  });

  it('go to no other label, place, image, or finding that was judged anew', () => {
    const others = [far, { ...near, label: 'Mass' }, { ...near, sopInstanceUid: '1.2.4' }];
    for (const other of others) expect(successors(draft, [other]).size).toBe(0);
    const anew = perform(draft, { kind: 'confirm', findingId: 'near' });
    expect(successors(anew, [near]).size).toBe(0);
  });

  it('are undone by nobody who does not see them, and forgotten on a word', () => {
    const undone = undo(undo(draft, new Set(['near'])), new Set(['near']));
    expect(orphansOf(undone, [near])).toEqual(['old']);
    expect(isEmptyDraft(dropOrphans(undone, [near]))).toBe(true);
  });
});

describe('an impression', () => {
  it('is made of the marks and words that came before the AI result; the marks stay in the draft', () => {
    const draft = { ...draftOf(ADD), impression: ' left base ', comment: 'for the report' };
    const asked = toImpressionRequest(draft, 'finding', OPENED);
    expect(impressionRequestSchema.parse(asked)).toEqual({
      ...{ word: 'finding', comment: 'left base', openedAt: OPENED },
      marks: [{ sopInstanceUid: '1.2.3', frame: 1, box: [10, 20, 30, 40] }],
    });
    expect(judge(draft).added).toHaveLength(1);
    expect(toImpressionRequest(EMPTY_DRAFT, 'nothing-to-report', OPENED)).not.toHaveProperty(
      'comment',
    );
  });

  it('keeps its words in the draft until it is recorded', () => {
    const store = memoryStore();
    const place = { reader: 'ada', uid: '1.2', version: 3 };
    saveDraft(store, place, { ...EMPTY_DRAFT, impression: 'left' });
    expect(loadDraft(store, 'ada', '1.2')?.draft.impression).toBe('left');
  });
});
