import type { Command } from 'commander';

/**
 * Every command by name, in the order of `--help`. Each module is loaded only when it is asked for: the listener
 * would otherwise hold the web server and the model runtime in memory.
 */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => (await import('./commands/up.ts')).upCommand(),
  demo: async () => (await import('./commands/demo.ts')).demoCommand(),
  listener: async () => (await import('./commands/listener.ts')).listenerCommand(),
  worker: async () => (await import('./commands/worker.ts')).workerCommand(),
  web: async () => (await import('./commands/web.ts')).webCommand(),
  send: async () => (await import('./commands/send.ts')).sendCommand(),
  import: async () => (await import('./commands/import.ts')).importCommand(),
  wrap: async () => (await import('./commands/wrap.ts')).wrapCommand(),
  generate: async () => (await import('./commands/generate.ts')).generateCommand(),
  models: async () => (await import('./commands/models.ts')).modelsCommand(),
  evaluate: async () => (await import('./commands/evaluate.ts')).evaluateCommand(),
  rules: async () => (await import('./commands/rules.ts')).rulesCommand(),
  quarantine: async () => (await import('./commands/quarantine.ts')).quarantineCommand(),
  notifications: async () => (await import('./commands/notifications.ts')).notificationsCommand(),
  deliveries: async () => (await import('./commands/deliveries.ts')).deliveriesCommand(),
  hl7: async () => (await import('./commands/hl7.ts')).hl7Command(),
  retention: async () => (await import('./commands/retention.ts')).retentionCommand(),
  user: async () => (await import('./commands/user.ts')).userCommand(),
  token: async () => (await import('./commands/token.ts')).tokenCommand(),
  passcode: async () => (await import('./commands/passcode.ts')).passcodeCommand(),
  conformance: async () => (await import('./commands/conformance.ts')).conformanceCommand(),
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand(),
};

/** The command that the arguments name; all of them when they name none (help, a slip of the pen). */
export async function loadCommands(name: string | undefined): Promise<Command[]> {
  const load = name === undefined ? undefined : COMMANDS[name];
  if (load !== undefined) return [await load()];
  return Promise.all(Object.values(COMMANDS).map((each) => each()));
}
