import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { RadTriageError } from '#core/errors.ts';
import { checkDestinations } from './destinations.ts';
import { checkDoor } from './dicom-door.ts';
import { checkHl7 } from './hl7.ts';
import { checkLinks } from './links.ts';
import { checkNotifications } from './notifications.ts';
import {
  type Config,
  configSchema,
  DEFAULT_QUIET_SECONDS,
  ENVIRONMENT,
  FALLBACK_QUIET_SECONDS,
} from './schema.ts';

export type { Config } from './schema.ts';

type Tree = { [key: string]: unknown };

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function setPath(tree: Tree, path: readonly string[], value: unknown): void {
  const [head, ...rest] = path;
  if (head === undefined) return;
  if (rest.length === 0) {
    tree[head] = value;
    return;
  }
  const child = tree[head];
  const next: Tree = isTree(child) ? { ...child } : {};
  tree[head] = next;
  setPath(next, rest, value);
}

function merge(base: Tree, over: Tree): Tree {
  const merged: Tree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = merged[key];
    merged[key] = isTree(value) && isTree(below) ? merge(below, value) : value;
  }
  return merged;
}

function readConfigFile(path: string, faults: string[]): Tree {
  if (!existsSync(path)) {
    faults.push(`configuration file ${path} does not exist`);
    return {};
  }
  try {
    const content: unknown = parse(readFileSync(path, 'utf8'));
    if (content === null || content === undefined) return {};
    if (isTree(content)) return content;
    faults.push(`configuration file ${path} must hold a mapping`);
  } catch (error) {
    faults.push(
      `configuration file ${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return {};
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

/** Rules that look at more than one value. Deny by default: whatever leaves loopback has to say whom it lets in. */
function crossCheck(config: Config): string[] {
  const faults: string[] = [];
  if (!isLoopback(config.dicom.host) && config.dicom.peers.length === 0) {
    faults.push('dicom.peers: an AE list is required when dicom.host is not a loopback address');
  }
  faults.push(...checkDoor(config.dicom));
  const tls = config.http.tlsCertFile !== undefined && config.http.tlsKeyFile !== undefined;
  if (!isLoopback(config.http.host) && !tls && !config.http.trustProxy) {
    faults.push(
      'http: tlsCertFile and tlsKeyFile are required when http.host is not a loopback address, unless http.trustProxy declares a proxy that terminates TLS',
    );
  }
  if ((config.http.tlsCertFile === undefined) !== (config.http.tlsKeyFile === undefined)) {
    faults.push('http: tlsCertFile and tlsKeyFile go together');
  }
  if (!isLoopback(config.metrics.host) && config.metrics.token === undefined) {
    faults.push('metrics.token: required when metrics.host is not a loopback address');
  }
  faults.push(
    ...checkDimseServices(config),
    ...checkRetention(config),
    ...checkDestinations(config),
    ...checkNotifications(config.notifications),
    ...checkLinks(config),
    ...checkHl7(config.hl7),
  );
  return faults;
}

function checkRetention({ retention }: Config): string[] {
  const { keepAtLeastDays, removeAfterDays, disk } = retention;
  const faults: string[] = [];
  if ((removeAfterDays ?? Number.POSITIVE_INFINITY) < (keepAtLeastDays ?? 0)) {
    faults.push('retention.removeAfterDays is shorter than retention.keepAtLeastDays');
  }
  if (disk !== undefined && disk.below >= disk.above) {
    faults.push('retention.disk.below has to be less than retention.disk.above');
  }
  return faults;
}

/** What a typing error in an AE title would otherwise turn off without a word. */
function checkDimseServices({ dicom }: Config): string[] {
  const { peers, services, storageCommitment, tls } = dicom;
  const faults: string[] = [];
  if (storageCommitment.enabled && peers.length === 0) {
    faults.push('dicom.storageCommitment: dicom.peers has to list whom commitments are made to');
  }
  for (const { aeTitle, host, port, tls: overTls } of peers) {
    if (overTls && tls?.caFile === undefined) {
      faults.push(`dicom.peers: tls of ${aeTitle} needs dicom.tls with a caFile`);
    }
    if ((host === undefined) !== (port === undefined)) {
      faults.push(`dicom.peers: host and port of ${aeTitle} go together`);
    }
  }
  for (const [service, titles] of Object.entries(services)) {
    for (const title of titles) {
      if (peers.length === 0 || peers.some(({ aeTitle }) => aeTitle === title)) continue;
      faults.push(`dicom.services.${service}: ${title} is not among dicom.peers`);
    }
  }
  return faults;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}

export interface ConfigSources {
  /** The environment; RADTRIAGE_CONFIG in it names the YAML file. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What the command line says, over everything else. */
  readonly overrides?: Readonly<Record<string, unknown>>;
}

/**
 * Reads file, environment and command line, in rising order of precedence, and freezes the result.
 * @throws RadTriageError CONFIG_INVALID naming every fault at once.
 */
export function loadConfig(sources: ConfigSources): Config {
  const faults: string[] = [];
  const file = sources.environment['RADTRIAGE_CONFIG'];
  let tree: Tree = file === undefined || file === '' ? {} : readConfigFile(file, faults);
  const fromEnvironment: Tree = {};
  for (const [name, path] of Object.entries(ENVIRONMENT)) {
    const value = sources.environment[name];
    if (value !== undefined && value !== '') setPath(fromEnvironment, path, value);
  }
  const known = new Set([
    ...Object.keys(ENVIRONMENT),
    'RADTRIAGE_CONFIG',
    'RADTRIAGE_REQUIRE_PEERS',
    'RADTRIAGE_SHARED_DATA',
  ]);
  for (const name of Object.keys(sources.environment)) {
    if (name.startsWith('RADTRIAGE_') && !known.has(name)) faults.push(`${name}: no such setting`);
  }
  tree = merge(merge(tree, fromEnvironment), { ...sources.overrides });
  const parsed = configSchema.safeParse(tree);
  if (parsed.success) faults.push(...crossCheck(parsed.data));
  else
    faults.push(...parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  if (!parsed.success || faults.length > 0) {
    throw new RadTriageError(
      'CONFIG_INVALID',
      `configuration has ${faults.length} fault(s):\n  ${faults.join('\n  ')}`,
    );
  }
  return deepFreeze(parsed.data);
}

/**
 * The environment that gives a child process this configuration, whatever part of it came from the command line. What
 * has no variable of its own comes from the file that RADTRIAGE_CONFIG names, which the child reads too.
 */
export function toEnvironment(config: Config): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, path] of Object.entries(ENVIRONMENT)) {
    const value = path.reduce<unknown>(
      (tree, key) => (isTree(tree) ? tree[key] : undefined),
      config,
    );
    if (value === undefined) continue;
    environment[name] = Array.isArray(value) ? value.join(',') : String(value ?? 'off');
  }
  return environment;
}

/** Environment of a child process: what we inherited, and our own configuration on top. */
export function environmentForChild(config: Config): Record<string, string | undefined> {
  return { ...process.env, ...toEnvironment(config) };
}

/** A variable that the configuration names, such as one that holds a secret. */
export function environmentVariable(name: string): string | undefined {
  return process.env[name];
}

/** True when npm or npx started this process: it stands between us and whoever may tell us to stop. */
export function isStartedByNpm(): boolean {
  return process.env['npm_command'] !== undefined;
}

/** The one place that reads process.env. */
export function loadConfigFromProcess(
  overrides: Record<string, unknown> = {},
  /** A configuration file to read instead of the one that RADTRIAGE_CONFIG names. */
  file?: string,
): Config {
  const given = file === undefined ? {} : { RADTRIAGE_CONFIG: file };
  return loadConfig({ environment: { ...process.env, ...given }, overrides });
}

/** Seconds without a new image after which a study of this modality counts as complete. */
export function quietSecondsFor(
  config: Pick<Config, 'assembly'>,
  modality: string | undefined,
): number {
  const { quietSeconds, quietSecondsByModality } = config.assembly;
  if (quietSeconds !== undefined) return quietSeconds;
  const key = modality ?? '';
  return quietSecondsByModality[key] ?? DEFAULT_QUIET_SECONDS[key] ?? FALLBACK_QUIET_SECONDS;
}
