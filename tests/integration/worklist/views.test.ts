import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ViewSettings,
  worklistFacetsSchema,
  worklistViewsSchema,
} from '#contracts/worklist-views.ts';
import { seedStudy } from '#tests/support/seed-studies.ts';
import type { Caller } from '#tests/support/web-server.ts';
import { startWebSite, type WebSite } from '#tests/support/web-site.ts';

const SETTINGS: ViewSettings = {
  filters: {
    priorities: ['STAT'],
    statuses: ['failed'],
    reading: 'to-read',
    modalities: ['CT'],
    sites: [],
    bodyParts: ['CHEST'],
    flagged: false,
    findings: ['nodule', 'Lung opacity, diffuse'],
    mine: true,
    ageFrom: null,
    ageTo: 18,
  },
  sort: { by: 'received', direction: 'descending' },
  columns: ['patient', 'priority'],
};

describe('saved views and counts of the worklist', () => {
  let site: WebSite;
  let ada: Caller;
  let ben: Caller;
  let admin: Caller;

  beforeAll(async () => {
    site = await startWebSite();
    ada = await site.callerFor('radiologist', 'ada');
    ben = await site.callerFor('radiologist', 'ben');
    admin = await site.callerFor('admin', 'root');
  });
  afterAll(async () => {
    await site.stop();
  });

  const save = (caller: Caller, body: object) =>
    caller('/api/worklist/views', { method: 'POST', body: { settings: SETTINGS, ...body } });
  const views = async (caller: Caller) =>
    worklistViewsSchema.parse(await (await caller('/api/worklist/views')).json()).views;

  it('are kept for their owner, replaced by name, with one default', async () => {
    expect((await save(ada, { name: 'Children', isDefault: true })).status).toBe(200);
    await save(ada, { name: 'Night', isDefault: true });
    await save(ada, { name: 'Night', isDefault: true, settings: { ...SETTINGS, sort: null } });
    const own = await views(ada);
    expect(own.map((view) => [view.name, view.isDefault])).toEqual([
      ['Children', false],
      ['Night', true],
    ]);
    expect(own[0]?.settings).toEqual(SETTINGS);
    expect(own[1]?.settings.sort).toBeNull();
    expect(await views(ben)).toEqual([]);
    const foreign = await ben(`/api/worklist/views/${own[0]?.id}`, { method: 'DELETE' });
    expect(foreign.status).toBe(404);
    expect((await ada(`/api/worklist/views/${own[0]?.id}`, { method: 'DELETE' })).status).toBe(200);
    expect(await views(ada)).toHaveLength(1);
  });

  it('are shared by administrators alone, and that is audited', async () => {
    expect((await save(ada, { name: 'For all', shared: true })).status).toBe(403);
    expect((await save(admin, { name: 'For all', shared: true })).status).toBe(200);
    const [shared] = await views(ben);
    expect(shared).toMatchObject({ name: 'For all', owner: 'token:root', shared: true });
    const foreign = await ben(`/api/worklist/views/${shared?.id}`, { method: 'DELETE' });
    expect(foreign.status).toBe(404);
    const entries = await site.database
      .selectFrom('auditLog')
      .select(['actor', 'action'])
      .where('action', 'like', 'worklist-view.%')
      .where('actor', '=', 'token:root')
      .execute();
    expect(entries).toEqual([{ actor: 'token:root', action: 'worklist-view.saved' }]);
  });

  it('that were saved with one choice of AI status and finding are still shown', async () => {
    const { statuses: _, findings: __, bodyParts: ___, mine: ____, ...rest } = SETTINGS.filters;
    const filters = { ...rest, status: 'queued', finding: 'nodule' };
    for (const [name, more] of [
      ['Old', filters],
      ['Plain', { ...filters, status: 'any', finding: '' }],
    ] as const) {
      await site.database
        .insertInto('worklistView')
        .values({
          owner: 'token:ben',
          name,
          settings: JSON.stringify({ ...SETTINGS, filters: more }),
        })
        .execute();
    }
    const shown = (await views(ben)).filter(({ name }) => ['Old', 'Plain'].includes(name));
    expect(shown.map(({ settings }) => settings.filters)).toEqual([
      { ...rest, statuses: ['queued'], findings: ['nodule'], bodyParts: [], mine: false },
      { ...rest, statuses: [], findings: [], bodyParts: [], mine: false },
    ]);
  });

  it('are refused when they hold what the list does not know', async () => {
    const columns = { ...SETTINGS, columns: ['temperature'] };
    expect((await save(ada, { name: 'x', settings: columns })).status).toBe(400);
    expect((await save(ada, { name: '  ' })).status).toBe(400);
  });

  it('counts what each choice would give, with the other filters in force', async () => {
    const north = { site: 'North', modality: 'CT', bodyPartExamined: 'HEAD' };
    const flaggedLabels = ['bleed', 'lesion'];
    await seedStudy(site.database, { ...north, flagged: true, flaggedLabels });
    await seedStudy(site.database, { ...north, priority: 'HIGH' });
    await seedStudy(site.database, { site: 'South', modality: 'DX' });
    await seedStudy(site.database, { ...north, readingStatus: 'reviewed' });
    const facets = async (query: string) =>
      worklistFacetsSchema.parse(await (await ada(`/api/worklist/facets?${query}`)).json());
    const all = await facets('');
    expect(all.modality).toEqual([
      { value: 'CT', count: 2 },
      { value: 'DX', count: 1 },
    ]);
    expect(all.finding).toEqual([
      { value: 'bleed', count: 1 },
      { value: 'lesion', count: 1 },
    ]);
    expect(all.bodyPart).toEqual([
      { value: 'HEAD', count: 2 },
      { value: 'CHEST', count: 1 },
    ]);
    expect(all.readingStatus).toContainEqual({ value: 'reviewed', count: 1 });
    const ofSouth = await facets('site=South');
    expect(ofSouth.modality).toEqual([{ value: 'DX', count: 1 }]);
    expect(ofSouth.site).toHaveLength(2);
    expect(ofSouth.finding).toEqual([]);
    const some = await facets('of=modality,finding');
    expect(some).toEqual({
      ...{ priority: [], status: [], readingStatus: [], site: [], bodyPart: [] },
      ...{ modality: all.modality, finding: all.finding },
    });
    expect((await ada('/api/worklist/facets?of=temperature')).status).toBe(400);
    // What is chosen in a facet does not narrow it; what is chosen in the others does.
    const chosen = await facets('finding=lesion&priority=MEDIUM&bodyPart=HEAD,CHEST');
    expect(chosen.finding).toHaveLength(2);
    expect(chosen.priority).toEqual([{ value: 'MEDIUM', count: 1 }]);
    expect(chosen.readingStatus).toEqual([{ value: 'unread', count: 1 }]);
    expect((await facets('priority=HIGH')).modality).toEqual([{ value: 'CT', count: 1 }]);
  });
});
