import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadConfig } from '#platform/config/config.ts';

const DOCUMENT = resolve(import.meta.dirname, '../../../docs/results-delivery.md');

it('the example of docs/results-delivery.md is a configuration', () => {
  const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(readFileSync(DOCUMENT, 'utf8')) ?? [];
  const folder = mkdtempSync(join(tmpdir(), 'radtriage-example-'));
  const file = join(folder, 'radtriage.yaml');
  const dicom = { peers: [{ aeTitle: 'PACS' }] };
  writeFileSync(file, stringify({ ...parse(example), dicom }));
  const { destinations } = loadConfig({ environment: { RADTRIAGE_CONFIG: file } });
  rmSync(folder, { recursive: true });
  expect(destinations.map(({ name, kind }) => [name, kind])).toEqual([
    ['pacs', 'C-STORE'],
    ['emergency-viewer', 'C-STORE'],
    ['research', 'STOW-RS'],
  ]);
});
