import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FILE_LIMITS, inspectModelFolder } from '#models/registry/inspect-folder.ts';
import { type ModelRegistry, openRegistry } from '#models/registry/registry.ts';
import { tryModel } from '#models/registry/try-model.ts';
import { createRuntime, type Runtime } from '#models/runtime/runtime.ts';
import {
  type ManifestInput,
  testLabel,
  writeModelFolder,
} from '#tests/support/onnx/model-folder.ts';
import { brightnessNetwork, slowNetwork } from '#tests/support/onnx/networks.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';

const AUTHOR = { actor: 'admin', note: 'from the vendor' };

let server: TestDatabase;
let directory: ReturnType<typeof temporaryDirectory>;
let installed: string;
let registry: ModelRegistry;

beforeAll(async () => {
  server = await startTestDatabase();
});
afterAll(() => server.stop());
beforeEach(async () => {
  await server.database.deleteFrom('modelState').execute();
  directory = temporaryDirectory();
  installed = join(directory.path, 'data/models');
  registry = await openRegistry({
    directories: [],
    installDirectory: installed,
    database: server.database,
  });
});
afterEach(() => directory.remove());

/** A folder as somebody would bring it. */
function brought(overrides: Partial<ManifestInput> = {}, network?: Buffer): string {
  const parent = join(directory.path, 'brought');
  const folder = writeModelFolder(parent, { id: 'opacity', ...overrides }, network);
  writeFileSync(join(folder, 'MODEL_CARD.md'), '# Opacity');
  return folder;
}

async function add(folder: string) {
  return registry.install(await inspectModelFolder(folder), AUTHOR);
}

describe('adding a model', () => {
  it('keeps the files read-only, pins them, and starts in shadow, on the record', async () => {
    const folder = brought();
    mkdirSync(join(folder, 'training'));
    const inspected = await inspectModelFolder(folder);
    expect(inspected.leftOut).toEqual(['training']);
    const added = await registry.install(inspected, AUTHOR);
    expect(added).toEqual({ isNew: true, folder: join(installed, 'opacity@1.0.0') });
    expect(readdirSync(added.folder).sort()).toEqual([
      'MODEL_CARD.md',
      'manifest.json',
      'model.onnx',
    ]);
    expect(statSync(join(added.folder, 'model.onnx')).mode & 0o777).toBe(0o444);
    expect(await registry.list()).toMatchObject([
      { id: 'opacity', version: '1.0.0', role: 'shadow', pinned: true, problem: undefined },
    ]);
    const audit = await server.database
      .selectFrom('auditLog')
      .select(['actor', 'details'])
      .where('action', '=', 'model-added')
      .execute();
    expect(audit).toMatchObject([
      { actor: 'admin', details: { sha256: inspected.manifest.sha256, note: 'from the vendor' } },
    ]);
    expect(await add(folder)).toEqual({ isNew: false, folder: added.folder });
  });

  it('refuses the same version with other bytes, and keeps a new one beside the old', async () => {
    await add(brought());
    rmSync(join(directory.path, 'brought'), { recursive: true });
    await expect(add(brought({ intendedUse: 'Everything' }))).rejects.toMatchObject({
      code: 'MODEL_ALTERED',
    });
    await expect(add(brought({}, brightnessNetwork(64, 16)))).rejects.toMatchObject({
      code: 'MODEL_ALTERED',
    });
    await add(brought({ version: '1.1.0' }));
    expect(readdirSync(installed).sort()).toEqual(['opacity@1.0.0', 'opacity@1.1.0']);
    const { sha256 } = await registry.find({ modelId: 'opacity', version: '1.0.0' });
    const meant = {
      modelId: 'opacity',
      sha256,
      role: 'active',
      actor: 'admin',
      note: 'x',
    } as const;
    await registry.setRole({ ...meant, version: '1.0.0', allowDemonstration: true });
    const { displaced } = await registry.setRole({
      ...meant,
      ...{ version: '1.1.0', allowDemonstration: true, previousRole: 'retired' },
    });
    expect(displaced).toEqual({ version: '1.0.0', role: 'retired' });
    const roles = (await registry.list()).map(({ version, role }) => [version, role]);
    expect(roles.sort()).toEqual([
      ['1.0.0', 'retired'],
      ['1.1.0', 'active'],
    ]);
  });

  it('refuses files that were changed where they are kept, both together too', async () => {
    const { folder } = await add(brought());
    rmSync(folder, { recursive: true });
    writeModelFolder(installed, { id: 'opacity' }, brightnessNetwork(64, 16));
    const [tampered] = await registry.list();
    expect(tampered?.problem).toMatchObject({ code: 'MODEL_ALTERED' });
    expect(tampered?.problem?.message).toMatch(/model file and manifest/);
  });

  it('names every fault at once, and copies nothing', async () => {
    const folder = brought({ version: 'one', labels: [] });
    rmSync(join(folder, 'MODEL_CARD.md'));
    const refusal = await inspectModelFolder(folder).catch((error: unknown) => String(error));
    expect(refusal).toMatch(/version/);
    expect(refusal).toMatch(/labels/);
    expect(refusal).toMatch(/MODEL_CARD\.md is not there/);
    expect(existsSync(installed)).toBe(false);
  });

  it('refuses links, pipes, paths, files that are too large, and archives', async () => {
    const refused = async (spoil: (folder: string) => void, reason: RegExp) => {
      const folder = brought();
      spoil(folder);
      await expect(inspectModelFolder(folder)).rejects.toThrow(reason);
      rmSync(folder, { recursive: true });
    };
    const replace = (folder: string, name: string, by: (path: string) => void) => {
      rmSync(join(folder, name));
      by(join(folder, name));
    };
    await refused(
      (folder) => replace(folder, 'model.onnx', (path) => symlinkSync('/etc/hostname', path)),
      /model\.onnx is a symbolic link/,
    );
    await refused(
      (folder) => replace(folder, 'MODEL_CARD.md', (path) => execFileSync('mkfifo', [path])),
      /MODEL_CARD\.md is not a plain file/,
    );
    await refused((folder) => appendFileSync(join(folder, 'model.onnx'), 'x'), /SHA-256/);
    await refused(
      (folder) => truncateSync(join(folder, 'MODEL_CARD.md'), FILE_LIMITS.text + 1),
      /more than the/,
    );
    await refused(
      (folder) => truncateSync(join(folder, 'model.onnx'), FILE_LIMITS.network + 1),
      /more than the/,
    );
    await expect(inspectModelFolder(brought({ file: '../model.onnx' }))).rejects.toThrow(/file/);
    const link = join(directory.path, 'link');
    symlinkSync(brought(), link);
    await expect(inspectModelFolder(link)).rejects.toThrow(/symbolic link/);
    const archive = join(directory.path, 'model.zip');
    writeFileSync(archive, 'PK');
    await expect(inspectModelFolder(archive)).rejects.toThrow(/unpack/);
  });

  it('leaves nothing half of one that died, and clears away what it left', async () => {
    const half = join(installed, '.incoming-dead');
    writeModelFolder(half, { id: 'opacity' });
    const whole = join(half, 'opacity');
    for (const name of readdirSync(whole)) {
      execFileSync('mv', [join(whole, name), join(half, name)]);
    }
    expect(await registry.list()).toEqual([]);
    await add(brought());
    expect(readdirSync(installed)).toEqual(['opacity@1.0.0']);
  });

  it('takes up a folder that was in place before it could be recorded', async () => {
    const { folder } = await add(brought());
    await server.database.deleteFrom('modelState').execute();
    expect(await registry.list()).toMatchObject([{ role: 'shadow', pinned: false }]);
    expect(await add(brought())).toEqual({ isNew: true, folder });
  });

  it('removes a version, not while it is active', async () => {
    const { folder } = await add(brought());
    const { sha256 } = await registry.find({ modelId: 'opacity' });
    const meant = { modelId: 'opacity', version: '1.0.0', sha256, actor: 'admin', note: 'x' };
    await registry.setRole({ ...meant, role: 'active', allowDemonstration: true });
    await expect(registry.remove(meant, 'admin')).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    });
    await registry.setRole({ ...meant, role: 'retired' });
    expect(await registry.remove(meant, 'admin')).toBe(true);
    expect([existsSync(folder), await registry.list()]).toEqual([false, []]);
  });
});

describe('trying a network on zeros', () => {
  let runtime: Runtime;
  beforeAll(() => {
    const options = { executionProviders: ['cpu'], processes: 1, threads: 1 };
    runtime = createRuntime({ ...options, timeoutMs: 20_000, loadTimeoutMs: 20_000 });
  });
  afterAll(() => runtime.close());

  const trial = async (overrides: Partial<ManifestInput>, network?: Buffer) =>
    tryModel(runtime, await inspectModelFolder(brought(overrides, network)));

  it('tells where it ran', async () => {
    expect(await trial({})).toMatchObject({ provider: 'cpu' });
  });

  it('refuses outputs of other names or shapes', async () => {
    await expect(
      trial({ outputs: [{ kind: 'scores', name: 'nothing', activation: 'none' }] }),
    ).rejects.toMatchObject({ code: 'MODEL_MANIFEST_INVALID' });
    await expect(trial({ labels: [testLabel({ index: 3 })] })).rejects.toThrow(
      /score: a vector of 4 scores or more is wanted, \[1.*\] came/,
    );
  });

  it('ends a network that hangs, and goes on', async () => {
    const impatient = createRuntime({
      ...{ executionProviders: ['cpu'], processes: 1, threads: 1 },
      ...{ timeoutMs: 500, loadTimeoutMs: 1_000 },
    });
    const hanging = await inspectModelFolder(brought({}, slowNetwork(64, 8, 10n ** 12n)));
    await expect(tryModel(impatient, hanging)).rejects.toMatchObject({ code: 'ANALYSIS_TIMEOUT' });
    await impatient.close();
  });
});
