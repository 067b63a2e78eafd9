import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decideQuarantine } from '#intake/corrections/decide-quarantine.ts';
import { countQuarantine, listQuarantine } from '#intake/corrections/list-quarantine.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { rejectionNote } from '#test-data/minimal-objects.ts';
import { booksOf, OTHER_PIXELS, versionOf } from '#tests/support/corrections.ts';
import { receiveFile, startTestIntake, type TestIntake } from '#tests/support/intake.ts';

let intake: TestIntake;
let books: ReturnType<typeof booksOf>;

beforeAll(async () => {
  intake = await startTestIntake({
    overrides: {
      dicom: {
        peers: [
          { aeTitle: 'SENDER' },
          { aeTitle: 'NORTH1', site: 'North' },
          { aeTitle: 'NORTH2', site: 'North' },
          { aeTitle: 'SOUTH', site: 'South' },
          { aeTitle: 'PACS', mayReject: true },
          { aeTitle: 'MUTE', site: 'North', mayReject: false },
        ],
      },
      assembly: { quietSeconds: 3600 },
    },
  });
  books = booksOf(intake);
});
afterAll(async () => intake.stop());

const send = async (file: { bytes: Buffer }, callingAe = 'SENDER') =>
  (await receiveFile(intake.receiver, file.bytes, { callingAe })).outcome;

const standingsOf = async (image: { sopInstanceUid: string }) =>
  (await books.instancesOf(image.sopInstanceUid)).map((row) => row.standing);

const decide = (quarantineId: string, decision: 'adopt' | 'dismiss' | 'undo') =>
  decideQuarantine(
    {
      database: intake.db.database,
      blobs: intake.blobStore,
      rules: { config: intake.config, rule: loadPriorityRule() },
    },
    { quarantineId, decision, actor: 'admin', reason: 'test' },
  );

const noteEntry = async (note: { sopInstanceUid: string }) => {
  const [entry] = await books.quarantineOf(note.sopInstanceUid);
  if (entry === undefined) throw new Error('the note is not in the books');
  return entry;
};

describe('a rejection note', () => {
  it('withdraws what it names, with our results on it, and has the rest analysed anew', async () => {
    const bad = versionOf('partly', {}, 1);
    const good = versionOf('partly', {}, 2);
    await send(bad);
    await send(good);
    await books.complete(bad.studyInstanceUid);
    const before = await books.analyse(bad.studyInstanceUid);
    await send(rejectionNote({ title: '113001', seed: 'partly', of: [bad] }));
    expect(await standingsOf(bad)).toEqual(['withdrawn']);
    expect(await standingsOf(good)).toEqual(['current']);
    const [row] = await books.instancesOf(bad.sopInstanceUid);
    await intake.blobStore.sizeOf(row?.blobPath ?? '');
    expect(row?.standingReason).toContain('Rejected for Quality Reasons');
    expect(await books.shownResults(bad.studyInstanceUid)).toEqual([
      `finding ${good.sopInstanceUid}`,
      `heatmap ${good.sopInstanceUid}`,
    ]);
    expect(await books.studyOf(bad.studyInstanceUid)).toMatchObject({
      imageCount: 1,
      status: 'receiving',
      readingStatus: 'unread',
      imageRevision: null,
      thumbnailBlob: null,
    });
    const after = await books.complete(bad.studyInstanceUid);
    expect(after.imageRevision).not.toBe(before.imageRevision);
    expect(await books.runsOf(bad.studyInstanceUid)).toHaveLength(2);
    expect(await books.auditOf(bad.studyInstanceUid)).toEqual(['rejection.applied']);
  });

  it('that leaves nothing leaves the study on the list, saying why', async () => {
    const image = versionOf('wholly');
    await send(image);
    await books.complete(image.studyInstanceUid);
    await books.analyse(image.studyInstanceUid);
    await send(rejectionNote({ title: '113037', seed: 'wholly', of: [image] }));
    expect(await books.studyOf(image.studyInstanceUid)).toMatchObject({
      imageCount: 0,
      status: 'not-analysed',
      statusReason: 'withdrawn by rejection note: Rejected for Patient Safety Reasons',
      readingStatus: 'unread',
      priority: 'MEDIUM',
      flagged: false,
      score: null,
    });
    expect(await books.shownResults(image.studyInstanceUid)).toEqual([]);
  });

  it('closes a study that still receives when its time is over', async () => {
    const image = versionOf('early');
    await send(image);
    await send(rejectionNote({ title: '113001', seed: 'early', of: [image] }));
    expect(await books.complete(image.studyInstanceUid)).toMatchObject({
      status: 'not-analysed',
      statusReason: 'withdrawn by rejection note: Rejected for Quality Reasons',
    });
  });

  it.each(['113001', '113037', '113038'] as const)(
    '%s holds for copies that come later',
    async (title) => {
      const image = versionOf(`later ${title}`);
      // The note comes before the image.
      await send(rejectionNote({ title, seed: `later ${title}`, of: [image] }));
      expect(await send(image)).toBe('stored');
      expect(await send(image)).toBe('duplicate');
      await send(versionOf(`later ${title}`, { PatientName: 'Resent' }));
      await send(versionOf(`later ${title}`, OTHER_PIXELS));
      expect(await standingsOf(image)).toEqual(['withdrawn', 'withdrawn', 'withdrawn']);
      expect((await books.studyOf(image.studyInstanceUid)).imageCount).toBe(0);
    },
  );

  it('113039 lets a copy come back, the same or another', async () => {
    const image = versionOf('expired');
    await send(image);
    await books.complete(image.studyInstanceUid);
    await books.analyse(image.studyInstanceUid);
    const note = rejectionNote({ title: '113039', seed: 'expired', of: [image] });
    await send(note);
    expect(await standingsOf(image)).toEqual(['withdrawn']);
    expect(await send(image)).toBe('duplicate');
    expect(await standingsOf(image)).toEqual(['current']);
    expect(await books.studyOf(image.studyInstanceUid)).toMatchObject({
      imageCount: 1,
      status: 'receiving',
    });
    expect(await send(note)).toBe('duplicate');
    expect(await standingsOf(image)).toEqual(['current']);
    const second = versionOf('expired too');
    await send(second);
    await send(rejectionNote({ title: '113039', seed: 'expired too', of: [second] }));
    await send(versionOf('expired too', OTHER_PIXELS));
    expect(await standingsOf(second)).toEqual(['withdrawn', 'current']);
  });

  it('touches nothing in another study than it names', async () => {
    const image = versionOf('elsewhere');
    await send(image);
    const studyInstanceUid = '1.2.826.0.1.3680043.10.99.40';
    const of = [{ ...image, studyInstanceUid }];
    await send(rejectionNote({ title: '113037', seed: 'elsewhere', of }));
    expect(await standingsOf(image)).toEqual(['current']);
  });

  it('takes an ordinary key object note for what it is', async () => {
    const image = versionOf('ordinary');
    await send(image);
    const title = {
      CodeValue: '113000',
      CodingSchemeDesignator: 'DCM',
      CodeMeaning: 'Of Interest',
    };
    const foreign = { ...title, CodeValue: '113001', CodingSchemeDesignator: '99X' };
    for (const [index, code] of [title, foreign].entries()) {
      const attributes = { ConceptNameCodeSequence: [code] };
      const seed = `ordinary ${index}`;
      await send(rejectionNote({ title: '113001', seed, of: [image], attributes }));
    }
    expect(await standingsOf(image)).toEqual(['current']);
  });

  it('withdraws a report as well, without touching the images', async () => {
    const image = versionOf('report');
    await send(image);
    const note = rejectionNote({ title: '113001', seed: 'report', of: [image] });
    await send(note);
    const again = versionOf('report', {}, 2);
    await send(again);
    await send(rejectionNote({ title: '113001', seed: 'second', of: [note] }));
    expect(await standingsOf(note)).toEqual(['withdrawn']);
    expect((await books.studyOf(image.studyInstanceUid)).imageCount).toBe(1);
  });
});

describe('who may reject', () => {
  it.each([
    ['the sender itself', 'SENDER', 'SENDER', true],
    ['another peer of its site', 'NORTH1', 'NORTH2', true],
    ['a peer of another site', 'NORTH1', 'SOUTH', false],
    ['a peer without a site', 'NORTH1', 'SENDER', false],
    ['nobody that is not listed', 'NORTH1', 'UNKNOWN', false],
    ['a peer that is trusted', 'NORTH1', 'PACS', true],
    ['not a peer that may not', 'NORTH1', 'MUTE', false],
    ['not even its own', 'MUTE', 'MUTE', false],
  ])('%s', async (what, imageAe, noteAe, obeyed) => {
    const image = versionOf(what);
    await send(image, imageAe);
    const note = rejectionNote({ title: '113001', seed: what, of: [image] });
    await send(note, noteAe);
    expect(await standingsOf(image)).toEqual([obeyed ? 'withdrawn' : 'current']);
    const entry = await noteEntry(note);
    expect(entry).toMatchObject(
      obeyed
        ? { reason: 'note-permitted', state: 'adopted' }
        : { reason: 'note-not-permitted', state: 'waiting' },
    );
    const action = obeyed ? 'rejection.applied' : 'rejection.denied';
    expect(await books.auditOf(image.studyInstanceUid)).toEqual([action]);
  });

  it('a note that names one image too many is held back whole', async () => {
    const own = versionOf('mixed', {}, 1);
    const foreign = versionOf('mixed', {}, 2);
    await send(own, 'NORTH1');
    await send(foreign, 'SOUTH');
    await send(rejectionNote({ title: '113001', seed: 'mixed', of: [own, foreign] }), 'NORTH1');
    expect(await standingsOf(own)).toEqual(['current']);
    expect(await standingsOf(foreign)).toEqual(['current']);
  });

  it('a note before its images speaks for no other sender; somebody is told', async () => {
    const image = versionOf('foretold');
    const note = rejectionNote({ title: '113037', seed: 'foretold', of: [image] });
    await send(note, 'NORTH1');
    await send(image, 'SOUTH');
    expect(await standingsOf(image)).toEqual(['current']);
    const entries = await books.quarantineOf(note.sopInstanceUid);
    expect(entries.map((entry) => entry.state)).toEqual(['adopted', 'waiting']);
    await decide(entries[1]?.quarantineId ?? '', 'adopt');
    expect(await standingsOf(image)).toEqual(['withdrawn']);
    // With an administrator's word it holds for later copies too.
    await send(versionOf('foretold', OTHER_PIXELS), 'SOUTH');
    expect(await standingsOf(image)).toEqual(['withdrawn', 'withdrawn']);
  });
});

describe('an administrator', () => {
  it('obeys a note that was held back, and takes that back', async () => {
    const image = versionOf('forced');
    await send(image, 'NORTH1');
    await books.complete(image.studyInstanceUid);
    await books.analyse(image.studyInstanceUid);
    const note = rejectionNote({ title: '113038', seed: 'forced', of: [image] });
    await send(note, 'SOUTH');
    const { quarantineId } = await noteEntry(note);
    const before = await countQuarantine(intake.db.database);
    expect(before.notes).toBeGreaterThan(0);
    const filter = { states: ['waiting'], limit: 100, quarantineId } as const;
    expect(await listQuarantine(intake.db.database, filter)).toMatchObject([
      {
        kind: 'rejection-note',
        reason: 'note-not-permitted',
        note: { title: 'Incorrect Modality Worklist Entry', named: 1 },
        arrived: { callingAe: 'SOUTH', sopInstanceUid: note.sopInstanceUid },
        kept: null,
      },
    ]);
    expect(await decide(quarantineId, 'adopt')).toBe('adopted');
    expect(await countQuarantine(intake.db.database)).toMatchObject({ notes: before.notes - 1 });
    expect(await books.studyOf(image.studyInstanceUid)).toMatchObject({
      imageCount: 0,
      statusReason: 'withdrawn by rejection note: Incorrect Modality Worklist Entry',
    });
    await expect(decide(quarantineId, 'adopt')).rejects.toMatchObject({
      code: 'ILLEGAL_TRANSITION',
    });
    expect(await decide(quarantineId, 'undo')).toBe('waiting');
    expect(await standingsOf(image)).toEqual(['current']);
    expect(await books.studyOf(image.studyInstanceUid)).toMatchObject({
      imageCount: 1,
      status: 'receiving',
    });
    expect(await decide(quarantineId, 'dismiss')).toBe('dismissed');
    expect(await standingsOf(image)).toEqual(['current']);
    expect(await books.auditOf(image.studyInstanceUid)).toEqual([
      'rejection.denied',
      'quarantine.adopted',
      'quarantine.undone',
      'quarantine.dismissed',
    ]);
  });

  it('undoes a note that was obeyed; what another note names stays withdrawn', async () => {
    const once = versionOf('undone', {}, 1);
    const twice = versionOf('undone', {}, 2);
    await send(once);
    await send(twice);
    const note = rejectionNote({ title: '113001', seed: 'undone', of: [once, twice] });
    await send(note);
    await send(rejectionNote({ title: '113037', seed: 'undone too', of: [twice] }));
    await decide((await noteEntry(note)).quarantineId, 'undo');
    expect(await standingsOf(once)).toEqual(['current']);
    expect(await standingsOf(twice)).toEqual(['withdrawn']);
    expect((await books.studyOf(once.studyInstanceUid)).imageCount).toBe(1);
  });
});
