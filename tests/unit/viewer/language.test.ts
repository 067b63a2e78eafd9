import { afterEach, describe, expect, it, vi } from 'vitest';
import { decidePriority, orderPriority, type PriorityRule } from '#core/priority.ts';
import GERMAN from '../../../viewer/src/languages/de/index.ts';
import { chooseLanguage } from '../../../viewer/src/languages/language.ts';

/** Texts take their language when they are imported: each language has its own copy of the modules. */
async function speaking<T>(language: 'en' | 'de', load: () => Promise<T>): Promise<T> {
  vi.resetModules();
  const { speak } = await import('../../../viewer/src/languages/language.ts');
  speak(language, language === 'de' ? GERMAN : null);
  return load();
}
const formats = (language: 'en' | 'de') =>
  speaking(language, () => import('../../../viewer/src/design/format.ts'));
const german = await speaking('de', () => import('../../../viewer/src/languages/server-words.ts'));

describe('the language of the page', () => {
  it.each([
    ['de', ['en-US'], 'de'],
    [null, ['de-AT', 'en'], 'de'],
    [null, ['fr', 'de'], 'de'],
    [null, ['en-GB', 'de'], 'en'],
    ['en', ['de'], 'en'],
    ['xx', ['fr'], 'en'],
    [null, [], 'en'],
  ])('with %s chosen here and %j wanted by the browser is %s', (stored, wanted, spoken) => {
    expect(chooseLanguage(['de'], stored, wanted)).toBe(spoken);
  });
});

describe('dates and numbers', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.each([
    ['en', 'Europe/Berlin', '00:30', '27 Nov 2026', '27 Nov 2026 00:30:09'],
    ['de', 'Europe/Berlin', '00:30', '27. Nov. 2026', '27. Nov. 2026 00:30:09'],
    ['de', 'America/New_York', '18:30', '26. Nov. 2026', '26. Nov. 2026 18:30:09'],
  ] as const)('in %s at %s stand in the reader’s own zone', async (language, zone, ...shown) => {
    vi.stubEnv('TZ', zone);
    const { formatTime, formatDate, formatInstant } = await formats(language);
    const at = '2026-11-26T23:30:09.000Z';
    expect([formatTime(at), formatDate(at), formatInstant(at)]).toEqual(shown);
  });

  it('of DICOM have no zone, and are shown as sent when they are none', async () => {
    vi.stubEnv('TZ', 'America/New_York');
    const { formatDicomDate } = await formats('de');
    expect(formatDicomDate('20260301')).toBe('1. März 2026');
    expect(formatDicomDate('1998.12.31')).toBe('31. Dez. 1998');
    expect(formatDicomDate('20260231')).toBe('20260231');
    expect(formatDicomDate('2026')).toBe('2026');
  });

  it('name the day of another day, and the year of another year', async () => {
    vi.stubEnv('TZ', 'UTC');
    const today = new Date('2026-11-27T12:00:00Z');
    for (const [language, day, year] of [
      ['en', '21 Nov 14:02', '21 Nov 2025 14:02'],
      ['de', '21. Nov. 14:02', '21. Nov. 2025 14:02'],
    ] as const) {
      const { formatWhen } = await formats(language);
      expect(formatWhen('2026-11-27T00:05:00Z', today)).toBe('00:05');
      expect(formatWhen('2026-11-21T14:02:00Z', today)).toBe(day);
      expect(formatWhen('2025-11-21T14:02:00Z', today)).toBe(year);
    }
  });

  it('have the marks of the language', async () => {
    const say = async (language: 'en' | 'de') => {
      const f = await formats(language);
      return [
        f.formatScore(0.9),
        f.formatCount(12345),
        f.formatBytes(1_500_000),
        f.formatBytes(527 * 1024),
        f.formatDuration(1.44),
        f.formatProportion(0.844, [0.71, 0.923]),
        f.formatAge('045Y', null, new Date()),
        f.formatAgo('2026-11-27T12:00:00Z', Date.parse('2026-11-27T12:05:00Z')),
      ];
    };
    expect(await say('en')).toEqual([
      ...['0.90', '12,345', '1.4 MB', '527 KB', '1.4 s'],
      ...['84% (71 to 92)', '45 y', '5 min ago'],
    ]);
    expect(await say('de')).toEqual([
      ...['0,90', '12.345', '1,4 MB', '527 KB', '1,4 s'],
      ...['84 % (71 bis 92)', '45 J.', 'vor 5 min'],
    ]);
  });
});

describe('measurements', () => {
  const measured = (language: 'en' | 'de') =>
    speaking(language, () => import('../../../viewer/src/reading/measured-words.ts'));

  it('have the words and the marks of the language', async () => {
    const lines = ['Area: 1234.5 mm²', 'Std Dev: 12.25 HU', 'Mean: -40 HU', 'W: 7.1 mm', '90.5 °'];
    const { writeMeasured, inOwnWords } = await measured('de');
    expect(lines.map(writeMeasured)).toEqual([
      ...['Fläche: 1234,5 mm²', 'Std.-Abw.: 12,25 HU', 'Mittel: -40 HU', 'B: 7,1 mm', '90,5 °'],
    ]);
    expect(inOwnWords(() => undefined)({}, '')).toBeUndefined();
    expect(lines.map((await measured('en')).writeMeasured)).toEqual(lines);
  });
});

describe('what the server says', () => {
  const RULE: PriorityRule = {
    id: 'site',
    version: '1',
    longestWaitMinutes: { STAT: 30, HIGH: 60, MEDIUM: 240, LOW: 480 },
    raises: [{ model: '*', priority: 'HIGH', headStartMinutes: 60 }],
  };
  const outcome = {
    ...{ modelId: 'cxr', modelVersion: '1.2', label: 'opacity' },
    ...{ flagged: true, score: 0.91 },
  };
  const study = (given?: string) => ({ order: orderPriority(given), receivedAt: 0 });

  it.each([
    [
      decidePriority(RULE, study(), [outcome]).reason,
      'HIGH: opacity, Score 0,91 von cxr 1.2, hochgestuft von MEDIUM',
    ],
    [
      decidePriority(RULE, study('HIGH'), [{ ...outcome, score: null }]).reason,
      'HIGH: opacity von cxr 1.2, angefordert als HIGH',
    ],
    [
      decidePriority(RULE, study(), []).reason,
      'MEDIUM: ROUTINE angenommen, die Bilder nennen keine Priorität',
    ],
    [
      'quiet for 90 s; rule mammo: 3 of 4 views, missing L MLO',
      'seit 90 s kein weiteres Bild; Regel mammo: 3 von 4 Projektionen, es fehlt L MLO',
    ],
    [
      '2.5 min since the first image, the longest wait',
      '2,5 min seit dem ersten Bild, die längste Wartezeit',
    ],
    [
      'outside intended use: patient under 18',
      'außerhalb der Zweckbestimmung: Patient unter 18 Jahren',
    ],
    [
      'images removed on 2026-11-27: read, and the disk was filling up',
      'Bilder am 27. Nov. 2026 entfernt: befundet, und die Platte lief voll',
    ],
    [
      'MODEL_FAILED: out of memory at node 7',
      'Das Modell ist ausgefallen (out of memory at node 7)',
    ],
    ['something new that nobody translated', 'something new that nobody translated'],
  ])('%s', (english, own) => {
    expect(german.fromServer(english)).toBe(own);
  });

  it('in errors is told by their code, with the detail behind it', () => {
    expect(german.failureFromServer('NOT_FOUND', 'there is no such gadget')).toBe(
      'Nicht gefunden (there is no such gadget)',
    );
    expect(german.failureFromServer('NOT_FOUND', 'there is no such study')).toBe(
      'Diese Untersuchung gibt es nicht.',
    );
  });

  it('in English stays as it is', async () => {
    const words = await speaking(
      'en',
      () => import('../../../viewer/src/languages/server-words.ts'),
    );
    const text = 'quiet for 90 s; rule mammo: 3 of 4 views, missing L MLO';
    expect(words.fromServer(text)).toBe(text);
    expect(words.failureFromServer('NOT_FOUND', text)).toBe(text);
  });
});
