import { accessSync, constants, existsSync, mkdirSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { toRadTriageError } from '#core/errors.ts';
import { loadCompletenessRules } from '#platform/completeness-rule/load-rule.ts';
import type { Config } from '#platform/config/config.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { openQueue } from '#queue/open-queue.ts';
import { withDatabase } from '../database-access.ts';
import { openSiteRegistry } from '../model-registry.ts';
import { readRunState } from '../run-state.ts';
import { checkCertificate } from './certificates.ts';
import { checkDestinations } from './destinations.ts';
import { judgeSite, readSiteReport, type SiteReport } from './examine-site.ts';
import type { Finding } from './finding.ts';
import { checkHl7Door } from './hl7-door.ts';
import { checkTornFiles } from './torn-files.ts';

export interface Examination {
  readonly findings: readonly Finding[];
  /** Undefined when the database could not be looked into. */
  readonly site: SiteReport | undefined;
}

const GIGABYTE = 1024 ** 3;
const LOW_SPACE_GB = 20;
const QUEUE_DEADLINE_MS = 3_000;
const VIEWER = resolve(import.meta.dirname, '../../../viewer/dist/index.html');

function checkData(config: Config): Finding[] {
  const what = `data directory ${config.dataDirectory}`;
  try {
    mkdirSync(config.dataDirectory, { recursive: true });
    accessSync(config.dataDirectory, constants.R_OK | constants.W_OK);
    const { bavail, bsize } = statfsSync(config.dataDirectory);
    const free = (bavail * bsize) / GIGABYTE;
    const level = free < LOW_SPACE_GB ? 'warning' : 'ok';
    return [{ level, what, detail: `writable, ${free.toFixed(0)} GB free` }];
  } catch (error) {
    return [{ level: 'fault', what, detail: toRadTriageError(error).message }];
  }
}

function portIsFree(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  return new Promise((done) => {
    server.once('error', (error) => done(error.message));
    server.listen(port, host, () => server.close(() => done(undefined)));
  });
}

async function checkPorts(config: Config): Promise<Finding[]> {
  const running = readRunState(config.dataDirectory);
  if (running !== undefined) {
    const { dicom, http } = running;
    return [
      {
        level: 'ok',
        what: 'ports',
        detail: `running: ${dicom.aeTitle}@${dicom.host}:${dicom.port}, ${http.url}`,
      },
    ];
  }
  const findings: Finding[] = [];
  const { host: dicomHost, port: dicomPort, tls } = config.dicom;
  for (const [name, { host, port }] of [
    ['DICOM', { host: dicomHost, port: dicomPort }],
    ['DICOM over TLS', { host: dicomHost, port: tls?.port ?? null }],
    ['HL7', config.hl7],
    ['page', config.http],
  ] as const) {
    if (port === null) continue;
    const problem = await portIsFree(host, port);
    findings.push({
      level: problem === undefined ? 'ok' : 'fault',
      what: `${name} port ${host}:${port}`,
      detail: problem ?? 'free',
    });
  }
  return findings;
}

async function checkQueue(config: Config, databaseUrl: string): Promise<Finding> {
  const logger = createLogger({ level: 'silent', process: 'doctor' });
  try {
    const queue = await openQueue({
      queueUrl: config.queueUrl,
      databaseUrl,
      logger,
      openDeadlineMs: QUEUE_DEADLINE_MS,
    });
    const { triage } = await queue.counts();
    await queue.close();
    const detail = `${queue.kind}: ${triage.waiting} waiting, ${triage.active} running, ${triage.failed} failed`;
    return { level: triage.failed > 0 ? 'warning' : 'ok', what: 'queue', detail };
  } catch (error) {
    return { level: 'fault', what: 'queue', detail: toRadTriageError(error).message };
  }
}

async function checkStores(config: Config): Promise<Examination> {
  const findings: Finding[] = [];
  let site: SiteReport | undefined;
  try {
    await withDatabase(config, async (database, url) => {
      findings.push({
        level: 'ok',
        what: 'database',
        detail: config.databaseUrl === undefined ? 'embedded' : 'external',
      });
      findings.push(await checkQueue(config, url));
      const models = await (await openSiteRegistry(config, database)).list();
      const door = await checkHl7Door(database, config);
      if (door !== undefined) findings.push(door);
      if (models.length === 0)
        findings.push({
          level: 'warning',
          what: 'models',
          detail: 'none: no study will be analysed',
        });
      for (const model of models) {
        const what = `model ${model.id}`;
        if (model.problem === undefined) findings.push({ level: 'ok', what, detail: model.role });
        else
          findings.push({
            level: 'fault',
            what,
            detail: `${model.problem.code}: ${model.problem.message}`,
          });
      }
      site = await readSiteReport(database, config);
      const running =
        config.databaseUrl !== undefined || readRunState(config.dataDirectory) !== undefined;
      findings.push(...judgeSite(site, running));
    });
  } catch (error) {
    findings.push({ level: 'fault', what: 'database', detail: toRadTriageError(error).message });
  }
  return { findings, site };
}

function checkRule(config: Config): Finding {
  try {
    const rule = loadPriorityRule(config.priorityRuleFile);
    return { level: 'ok', what: 'priority rule', detail: `${rule.id} version ${rule.version}` };
  } catch (error) {
    return { level: 'fault', what: 'priority rule', detail: toRadTriageError(error).message };
  }
}

function checkCompleteness(config: Config): Finding {
  const what = 'completeness rules';
  try {
    const { id, version, rules } = loadCompletenessRules(config.assembly.completenessRuleFile);
    return { level: 'ok', what, detail: `${id} version ${version}, ${rules.length} rules` };
  } catch (error) {
    return { level: 'fault', what, detail: toRadTriageError(error).message };
  }
}

function checkViewer(): Finding {
  return existsSync(VIEWER)
    ? { level: 'ok', what: 'page', detail: 'built' }
    : { level: 'fault', what: 'page', detail: 'not built: npm run build' };
}

function checkTransport(config: Config): Finding[] {
  const findings: Finding[] = [];
  if (config.dicom.peers.length === 0) {
    findings.push({ level: 'ok', what: 'who may send', detail: `anybody on ${config.dicom.host}` });
  }
  for (const peer of config.dicom.peers) {
    const open = peer.addresses === undefined && peer.certificate === undefined;
    const from = `from ${peer.addresses?.join(', ') ?? 'any address'}`;
    const detail = open
      ? 'from any address: name its addresses'
      : `${from}${peer.certificate === undefined ? '' : ', over TLS with its certificate'}`;
    const what = `peer ${peer.aeTitle}`;
    findings.push({ level: open ? 'warning' : 'ok', what, detail });
    const secret = peer.userIdentity?.passcodeHash !== undefined;
    if (secret && config.dicom.port !== null && peer.certificate === undefined) {
      const advice = 'its passcode can come without TLS: give it a certificate, or port: off';
      findings.push({ level: 'warning', what, detail: advice });
    }
  }
  for (const { name, sendingApplication, sendingFacility } of config.hl7.senders) {
    if (sendingApplication !== undefined || sendingFacility !== undefined) continue;
    const detail =
      'any application at its addresses: name its sendingApplication and sendingFacility';
    findings.push({ level: 'warning', what: `HL7 sender ${name}`, detail });
  }
  return findings;
}

function checkCertificates(config: Config): Finding[] {
  const { tlsCertFile } = config.http;
  const { certFile, caFile } = config.dicom.tls ?? {};
  const files: [what: string, file: string | undefined][] = [
    ['certificate of the page', tlsCertFile],
    ['certificate for DICOM', certFile],
    ['authorities for DICOM', caFile],
  ];
  return files.flatMap(([what, file]) =>
    file === undefined ? [] : [checkCertificate(what, file)],
  );
}

/** Everything that can be looked at without changing anything; never throws. */
export async function examine(config: Config): Promise<Examination> {
  const data = [...checkData(config), ...checkTornFiles(config)];
  const node = { level: 'ok', what: 'Node', detail: process.version } as const;
  const usable = data.every((finding) => finding.level !== 'fault');
  const stores = usable ? await checkStores(config) : { findings: [], site: undefined };
  const findings = [
    node,
    ...data,
    ...(await checkPorts(config)),
    ...checkTransport(config),
    ...checkCertificates(config),
    ...(await checkDestinations(config)),
    checkRule(config),
    checkCompleteness(config),
    checkViewer(),
    ...stores.findings,
  ];
  return { findings, site: stores.site };
}
