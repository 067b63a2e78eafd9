import { RadTriageError } from '#core/errors.ts';
import { type LoadRequest, type Reply, type RunRequest, requestSchema } from './messages.ts';
import { openSession, type Session } from './session.ts';

/** The child process of one slot: loads networks and runs them one at a time. It ends when its parent does. */
const sessions = new Map<string, Session>();

function reply(message: Reply): void {
  process.send?.(message);
}

async function load(request: LoadRequest): Promise<void> {
  const session = sessions.get(request.modelKey) ?? (await openSession(request));
  sessions.set(request.modelKey, session);
  const { provider, declined } = session;
  reply({ kind: 'loaded', id: request.id, provider, declined: [...declined] });
}

async function run(request: RunRequest): Promise<void> {
  const session = sessions.get(request.modelKey);
  if (session === undefined) throw new RadTriageError('MODEL_FAILED', 'the model is not loaded');
  const begin = performance.now();
  const outputs = await session.run(request.data);
  reply({ kind: 'result', id: request.id, outputs, ms: performance.now() - begin });
}

function fail(id: number, thrown: unknown): void {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const known = thrown instanceof RadTriageError ? thrown.code : undefined;
  const code =
    known === 'MODEL_ALTERED' || known === 'MODEL_MISSING' || known === 'MODEL_MANIFEST_INVALID'
      ? known
      : 'MODEL_FAILED';
  reply({ kind: 'error', id, code, message: message.slice(0, 500) });
}

process.on('message', (message) => {
  const request = requestSchema.parse(message);
  const done = request.kind === 'load' ? load(request) : run(request);
  done.catch((error: unknown) => fail(request.id, error));
});
process.on('disconnect', () => process.exit(0));
