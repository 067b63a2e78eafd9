import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { isStorageSopClass } from '#dicom/dimse/storage-sop-classes.ts';
import { missingPython, PYTHON } from '#tests/support/python.ts';

/** Kept on media, printed, or made of luggage and of metal: none of them is sent by a modality of medicine. */
const NOT_OURS =
  /^Media Storage Directory|^Storage Commitment|^Stored Print|^Hardcopy|^DICOS|^Eddy/;

describe.skipIf(missingPython('pydicom'))('the UIDs that pydicom knows', () => {
  test('every storage SOP class is taken, retired ones included', () => {
    const script =
      'import json; from pydicom._uid_dict import UID_dictionary as d; print(json.dumps(d))';
    const output = execFileSync(PYTHON, ['-c', script], { encoding: 'utf8' });
    const known = z.record(z.string(), z.array(z.string())).parse(JSON.parse(output));
    const storage = Object.entries(known).filter(
      ([, [name = '', type]]) =>
        type === 'SOP Class' && name.includes('Storage') && !NOT_OURS.test(name),
    );
    expect(storage.length).toBeGreaterThan(150);
    expect(storage.filter(([uid]) => !isStorageSopClass(uid))).toEqual([]);
  });
});
