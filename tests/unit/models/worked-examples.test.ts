import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseManifest } from '#models/manifest/schema.ts';

const DOCS = resolve(import.meta.dirname, '../../../docs/models');
const EXAMPLES = ['torchxrayvision', 'monai-bundle', 'yolo-export'];

function manifestOf(example: string) {
  const path = join(DOCS, example, 'manifest.json');
  return parseManifest(readFileSync(path, 'utf8'), path);
}

describe.each(EXAMPLES)('the worked example %s', (example) => {
  it('has a manifest without a fault', () => {
    expect(manifestOf(example).labels.length).toBeGreaterThan(0);
  });

  it('has a page that names its script, its licence and every SNOMED CT code with a source', () => {
    const page = readFileSync(join(DOCS, `${example}.md`), 'utf8');
    expect(page).toContain('convert.py');
    expect(page).toContain('## Licence');
    for (const { code } of manifestOf(example).labels) {
      expect(page).toContain(code.scheme === 'SCT' ? code.value : code.scheme);
    }
  });

  it('keeps its promise not to be a device', () => {
    expect(manifestOf(example).intendedUse).toMatch(/Research use only, not a medical device/);
  });
});
