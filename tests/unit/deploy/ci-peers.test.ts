import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PEER_PACKAGES } from '#tests/support/peers.ts';
import { pythonPackage } from '#tests/support/python.ts';

/** Present on every Debian that runs CI at all: Node's own image has it. */
const ALWAYS_THERE = new Set(['openssl']);

const installed = new Set(
  /^PEERS="(.*)"$/m.exec(readFileSync('.ci/run', 'utf8'))?.[1]?.split(/\s+/) ?? [],
);

function sources(): string[] {
  return readdirSync('tests', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => readFileSync(join('tests', path), 'utf8'));
}

// What a developer's machine happens to have hides a package that CI was never told of.
test('CI installs the package of every program that a suite can ask for', () => {
  const packages = new Set(Object.values(PEER_PACKAGES));
  expect([...packages].filter((name) => !installed.has(name) && !ALWAYS_THERE.has(name))).toEqual(
    [],
  );
});

test('CI installs every Python module that a suite asks for', () => {
  const modules = new Set(
    sources().flatMap((text) =>
      [...text.matchAll(/missingPython\(([^)]*)\)/g)].flatMap(([, names = '']) =>
        [...names.matchAll(/'(\w+)'/g)].map(([, name = '']) => name),
      ),
    ),
  );
  expect(modules.size).toBeGreaterThan(3);
  expect([...modules].map(pythonPackage).filter((name) => !installed.has(name))).toEqual([]);
});
