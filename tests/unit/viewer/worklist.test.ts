import { describe, expect, it } from 'vitest';
import { worklistQuerySchema } from '#contracts/worklist.ts';
import { STUDY_STATUSES } from '#core/study-state.ts';
import { describeAi } from '../../../viewer/src/worklist/ai-word.ts';
import { chooseNext } from '../../../viewer/src/worklist/choose-next.ts';
import { moveColumn, nextSort } from '../../../viewer/src/worklist/columns.ts';
import {
  isFiltered,
  NO_FILTERS,
  toggleMine,
  togglePriority,
  toQuery,
} from '../../../viewer/src/worklist/filters.ts';
import { moveSelection } from '../../../viewer/src/worklist/move-selection.ts';
import { describeNotification } from '../../../viewer/src/worklist/notification-word.ts';

const TOLD = {
  status: 'analysed',
  statusReason: null,
  waitingFor: null,
  waitsUntil: null,
  aiDelayedSince: null,
  imageCount: 3,
  score: 0.12,
  scoreModel: 'model-x',
  flagged: false,
  aiWithheld: false,
} as const;

describe('what the AI column says', () => {
  it('names the model that flagged nothing', () => {
    expect(describeAi(TOLD)).toMatchObject({
      primary: 'no finding flagged by model-x',
      score: 0.12,
    });
  });

  it('gives score and model of a flag', () => {
    expect(describeAi({ ...TOLD, flagged: true, score: 0.91 })).toEqual({
      tone: 'flagged',
      primary: 'flagged',
      secondary: 'model-x',
      score: 0.91,
    });
  });

  it('says of a study read blind first neither that something was found nor that nothing was', () => {
    const blind = { ...TOLD, aiWithheld: true, score: null, scoreModel: null };
    expect(describeAi(blind)).toEqual({
      ...{ tone: 'plain', primary: 'shown after your own impression' },
      ...{ secondary: null, score: null },
    });
  });

  it('says why there is no result', () => {
    const reason = 'no model fits';
    expect(describeAi({ ...TOLD, status: 'not-analysed', statusReason: reason }).primary).toBe(
      'not analysed: no model fits',
    );
    expect(describeAi({ ...TOLD, status: 'failed', statusReason: reason }).primary).toBe(
      'failed: no model fits',
    );
  });

  it('says since when an analysis is overdue, whatever the state', () => {
    const word = describeAi({
      ...TOLD,
      status: 'analysing',
      aiDelayedSince: '2026-11-23T08:05:00.000Z',
    });
    expect(word.primary).toMatch(/^AI delayed since \d\d:\d\d$/);
    expect(word.secondary).toBe('analysing');
  });

  it('says what a study that is being received still waits for', () => {
    const receiving = { ...TOLD, status: 'receiving' } as const;
    expect(describeAi(receiving).secondary).toBe('3 images');
    const waitsUntil = '2026-11-23T10:42:00.000Z';
    expect(
      describeAi({ ...receiving, waitingFor: '3 of 4 views, missing L MLO', waitsUntil }).secondary,
    ).toMatch(/^3 images; waits for 3 of 4 views, missing L MLO, \d\d:\d\d at the latest$/);
  });

  it('never says that a study is normal', () => {
    for (const status of STUDY_STATUSES) {
      for (const flagged of [true, false]) {
        const { primary, secondary } = describeAi({ ...TOLD, status, flagged });
        expect(`${primary} ${secondary}`).not.toMatch(/normal|healthy|clear|negative/i);
      }
    }
  });
});

describe('the filters', () => {
  it('make a query that the API takes', () => {
    const filters = {
      ...togglePriority(togglePriority(NO_FILTERS, 'HIGH'), 'STAT'),
      statuses: ['failed' as const, 'queued' as const],
      reading: 'all' as const,
      modalities: ['CT', 'MR'],
      sites: ['North'],
      bodyParts: ['CHEST', 'HEAD'],
      findings: ['opacity', 'nodule, small'],
      mine: true,
      ageTo: 17,
      flagged: true,
      search: ' doe ',
    };
    const asked = new URLSearchParams(
      toQuery({ filters, sort: { by: 'age', direction: 'descending' } }),
    );
    const query = { ...Object.fromEntries(asked), finding: asked.getAll('finding') };
    expect(query).toEqual({
      priority: 'STAT,HIGH',
      status: 'failed,queued',
      readingStatus: 'unread,open,reviewed,reported-elsewhere',
      modality: 'CT,MR',
      site: 'North',
      bodyPart: 'CHEST,HEAD',
      finding: ['opacity', 'nodule, small'],
      mine: 'true',
      ageTo: '17',
      flagged: 'true',
      sort: 'age',
      direction: 'descending',
      search: 'doe',
    });
    expect(worklistQuerySchema.safeParse(query).success).toBe(true);
  });

  it('show one\u2019s own whether read or not, and go back to what is to be read', () => {
    const mine = toggleMine(NO_FILTERS);
    expect(mine).toMatchObject({ mine: true, reading: 'all' });
    expect(toggleMine(mine)).toEqual(NO_FILTERS);
    const signed = { ...NO_FILTERS, reading: 'reviewed' as const };
    expect(toggleMine(signed)).toEqual({ ...signed, mine: true });
    expect(toggleMine(toggleMine(signed))).toEqual(signed);
  });

  it('know when they filter', () => {
    expect(isFiltered(NO_FILTERS)).toBe(false);
    expect(isFiltered({ ...NO_FILTERS, search: '  ' })).toBe(false);
    expect(isFiltered({ ...NO_FILTERS, flagged: true })).toBe(true);
    const twice = togglePriority(togglePriority(NO_FILTERS, 'LOW'), 'LOW');
    expect(isFiltered(twice)).toBe(false);
  });
});

describe('the columns', () => {
  it('sort one way, then the other, then stand in the order of triage again', () => {
    const once = nextSort(null, 'age');
    const twice = nextSort(once, 'age');
    expect([once?.direction, twice?.direction, nextSort(twice, 'age')]).toEqual([
      'ascending',
      'descending',
      null,
    ]);
    expect(nextSort(twice, 'site')).toEqual({ by: 'site', direction: 'ascending' });
  });

  it('move among the others and stay within', () => {
    expect(moveColumn(['patient', 'age', 'site'], 'site', -1)).toEqual(['patient', 'site', 'age']);
    expect(moveColumn(['patient', 'age'], 'age', 1)).toEqual(['patient', 'age']);
  });
});

describe('the next study', () => {
  const study = (studyInstanceUid: string, rest = {}) => ({
    studyInstanceUid,
    readingStatus: 'unread' as const,
    openedBy: null,
    status: 'analysed' as const,
    imageCount: 2,
    ...rest,
  });

  it('is the first in the order of the list that is free', () => {
    const list = [
      study('1'),
      study('2', { readingStatus: 'open', openedBy: 'someone' }),
      study('3', { readingStatus: 'reviewed' }),
      study('4'),
      study('5'),
    ];
    expect(chooseNext(list, '1', 'me')).toBe('4');
  });

  it('may be one that I hold open myself', () => {
    const list = [study('1'), study('2', { readingStatus: 'open', openedBy: 'me' }), study('3')];
    expect(chooseNext(list, '1', 'me')).toBe('2');
  });

  it('is one whose images still come only when there is no other', () => {
    const list = [study('1', { status: 'receiving' }), study('2')];
    expect(chooseNext(list, '9', 'me')).toBe('2');
    expect(chooseNext(list, '2', 'me')).toBe('1');
  });

  it('is none when the list is empty', () => {
    expect(chooseNext([study('1')], '1', 'me')).toBeNull();
  });
});

describe('moving the choice by keys', () => {
  it.each([
    ['ArrowDown', 0, 1],
    ['ArrowDown', 4, 4],
    ['ArrowUp', 0, 0],
    ['PageDown', 0, 4],
    ['End', 1, 4],
    ['Home', 3, 0],
  ])('%s from %i to %i', (key, from, to) => {
    expect(moveSelection(key, from, 5)).toBe(to);
  });

  it('moves nothing by other keys or in an empty list', () => {
    expect(moveSelection('x', 2, 5)).toBeNull();
    expect(moveSelection('ArrowDown', 0, 0)).toBeNull();
  });
});

describe('what the list says of notifications', () => {
  const at = (minutes: number) => new Date(2026, 10, 26, 14, minutes).toISOString();
  const sent = { sentAt: at(2), seenAt: null, acknowledgedAt: null, acknowledgedBy: null };

  it('is when somebody was told, and that nobody acknowledged, until somebody does', () => {
    const say = (more: object) =>
      describeNotification({ state: 'unacknowledged', ...sent, ...more });
    expect(say({})).toMatchObject({ tone: 'warn' });
    expect(say({}).text).toMatch(/^notified .*14:02, not acknowledged$/);
    expect(say({ seenAt: at(5) }).text).toMatch(/, seen .*14:05, not acknowledged$/);
    const acknowledged = { acknowledgedAt: at(9), acknowledgedBy: 'rosa' } as const;
    const settled = say({ ...acknowledged, seenAt: at(5), state: 'acknowledged' });
    expect(settled.tone).toBe('plain');
    expect(settled.text).toMatch(/^notified .*14:02, acknowledged .*14:09 by rosa$/);
  });

  it('is that it could not be sent, or is on its way', () => {
    const unsent = { ...sent, sentAt: null };
    expect(describeNotification({ state: 'not-sent', ...unsent }).tone).toBe('bad');
    expect(describeNotification({ state: 'waiting', ...unsent }).text).toContain('on its way');
  });
});
