import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CliResult, runCli } from './instance.ts';
import { type ManifestInput, writeModelFolder } from './onnx/model-folder.ts';
import { startTestDatabase, type TestDatabase } from './postgres.ts';
import { temporaryDirectory } from './temporary.ts';

/** A database and a data directory on which the commands of `radtriage models` run, each as a process of its own. */
export interface ModelSite {
  readonly server: TestDatabase;
  /** What every command is given; without the models that come with the product. */
  readonly environment: Record<string, string | undefined>;
  /** Where `add` keeps models. */
  readonly installed: string;
  path(...parts: string[]): string;
  /** `radtriage models ...`, with `input` on its standard input. */
  models(args: readonly string[], input?: string): Promise<CliResult>;
  /** A folder as somebody would bring it, with a card. */
  bring(overrides?: Partial<ManifestInput>, network?: Buffer): string;
  stop(): Promise<void>;
}

export async function startModelSite(): Promise<ModelSite> {
  const server = await startTestDatabase();
  const directory = temporaryDirectory();
  const path = (...parts: string[]) => join(directory.path, ...parts);
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('RADTRIAGE_'));
  const environment = {
    ...Object.fromEntries(inherited),
    RADTRIAGE_DATA: path('data'),
    RADTRIAGE_DATABASE_URL: server.url,
    RADTRIAGE_BUILT_IN_MODELS: 'false',
    RADTRIAGE_EXECUTION_PROVIDERS: 'cpu',
  };
  return {
    server,
    environment,
    installed: path('data', 'models'),
    path,
    models: (args, input) => runCli(['models', ...args], environment, input),
    bring: (overrides = {}, network) => {
      const folder = writeModelFolder(path('brought'), { id: 'opacity', ...overrides }, network);
      writeFileSync(join(folder, 'MODEL_CARD.md'), '# Opacity\n\nWhat it is for.\n');
      return folder;
    },
    stop: async () => {
      await server.stop();
      directory.remove();
    },
  };
}
