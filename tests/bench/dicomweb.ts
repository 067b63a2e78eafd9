/**
 * Frames, whole series and metadata over WADO-RS against Orthanc's DICOMweb on the same series, interleaved, and
 * QIDO-RS over many studies: `npx --no-install node tests/bench/dicomweb.ts [rounds] [slices] [studies]`. Prints tables
 * for BENCHMARKS.md. Needs orthanc and orthanc-dicomweb.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { Agent, get as httpGet } from 'node:http';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { startOrthanc } from '../support/orthanc.ts';
import { peerPath } from '../support/peers.ts';
import { postStow, stowBody } from '../support/stow.ts';
import { startWebProcess } from '../support/web-process.ts';
import { seedManyStudies } from './many-studies.ts';
import { median, peakMegabytes, printTable, processorTime, secondsOf } from './measure.ts';
import { writeSlices } from './slices.ts';

const ROUNDS = Number(process.argv[2] ?? 5);
const SLICES = Number(process.argv[3] ?? 300);
const STUDIES = Number(process.argv[4] ?? 100_000);
/** What a browser opens to one server. */
const AT_ONCE = 6;
const FRAME_PARTS = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';
const DICOM_PARTS = 'multipart/related; type="application/dicom"; transfer-syntax=*';
const JSON_TYPE = 'application/dicom+json';

interface Service {
  readonly name: string;
  /** Address of its DICOMweb service. */
  readonly root: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: Agent;
  /** Its processes, the database's among them. */
  readonly pids: readonly number[];
}

function take(service: Service, path: string, accept: string): Promise<number> {
  const { root, headers, agent } = service;
  return new Promise((resolve, reject) => {
    httpGet(`${root}${path}`, { agent, headers: { ...headers, accept } }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.once('error', reject);
      response.once('end', () => {
        if (response.statusCode === 200) resolve(bytes);
        else reject(new Error(`${service.name} answered ${response.statusCode} to ${path}`));
      });
    }).once('error', reject);
  });
}

/** All paths, so many at once. */
async function takeAll(service: Service, paths: readonly string[], atOnce: number): Promise<void> {
  const left = [...paths];
  const worker = async (): Promise<void> => {
    for (let path = left.shift(); path !== undefined; path = left.shift()) {
      await take(service, path, FRAME_PARTS);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

const instance = z.record(z.string(), z.looseObject({ Value: z.array(z.unknown()).optional() }));

/** Where the series and its instances are, by what the service itself says. */
async function locate(service: Service): Promise<{ series: string; frames: string[] }> {
  const ask = async (path: string) => {
    const answer = await fetch(`${service.root}${path}`, {
      headers: { ...service.headers, accept: JSON_TYPE },
    });
    return z.array(instance).parse(await answer.json());
  };
  const uid = (each: z.output<typeof instance> | undefined, tag: string) =>
    z.string().parse(each?.[tag]?.Value?.[0]);
  const [study] = await ask('/studies');
  const studyPath = `/studies/${uid(study, '0020000D')}`;
  const [first] = await ask(`${studyPath}/series`);
  const series = `${studyPath}/series/${uid(first, '0020000E')}`;
  const instances = await ask(`${series}/instances?limit=${SLICES}`);
  const frames = instances.map((each) => `${series}/instances/${uid(each, '00080018')}/frames/1`);
  if (frames.length !== SLICES) throw new Error(`${service.name} has ${frames.length} instances`);
  return { series, frames };
}

const folder = mkdtempSync(join(tmpdir(), 'radtriage-dicomweb-'));
const web = await startWebProcess();
const orthanc = await startOrthanc(
  {},
  {
    Plugins: [peerPath('libOrthancDicomWeb.so')],
    DicomWeb: { Enable: true },
    HttpThreadsCount: 50,
    KeepAlive: true,
  },
);
const services: Service[] = [
  {
    name: 'RadTriage',
    root: `${web.url}/dicomweb`,
    headers: { authorization: `Bearer ${web.token}` },
    agent: new Agent({ keepAlive: true }),
    pids: [web.pid, web.databasePid],
  },
  {
    name: 'Orthanc 1.10.1',
    root: `${orthanc.httpUrl}/dicom-web`,
    headers: {},
    agent: new Agent({ keepAlive: true }),
    pids: [orthanc.pid],
  },
];

async function load(): Promise<number> {
  const { whole } = writeSlices({ folder, slices: SLICES, parts: 1, seed: 'dicomweb' });
  let bytes = 0;
  for (const name of readdirSync(whole)) {
    const file = readFileSync(join(whole, name));
    bytes += file.length;
    await orthanc.request('POST', '/instances', file);
    const { token } = web;
    const body = stowBody('BOUNDARY', [file]);
    const answer = await postStow({ url: `${web.url}/dicomweb/studies`, token, body });
    if (answer.status !== 200) throw new Error(`not stored: ${answer.status}`);
  }
  return bytes / 1e6;
}

async function compareRetrieval(): Promise<void> {
  const megabytes = await load();
  const places = new Map<Service, Awaited<ReturnType<typeof locate>>>();
  for (const service of services) places.set(service, await locate(service));
  const works: [name: string, work: (service: Service) => Promise<unknown>][] = [
    ['frames, one after the other', (s) => takeAll(s, places.get(s)?.frames ?? [], 1)],
    [`frames, ${AT_ONCE} at once`, (s) => takeAll(s, places.get(s)?.frames ?? [], AT_ONCE)],
    ['the series in one answer', (s) => take(s, places.get(s)?.series ?? '', DICOM_PARTS)],
    ['metadata of the series', (s) => take(s, `${places.get(s)?.series}/metadata`, JSON_TYPE)],
  ];
  const rows: string[][] = [];
  for (const [name, work] of works) {
    const seconds = services.map((): number[] => []);
    const processor = services.map((): number[] => []);
    for (const service of services) await work(service);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [index, service] of services.entries()) {
        const before = processorTime(service.pids);
        seconds[index]?.push(await secondsOf(() => work(service)));
        processor[index]?.push((processorTime(service.pids) - before) / SLICES);
      }
    }
    const [ours = [], theirs = []] = seconds;
    const ratios = theirs.map((each, round) => each / (ours[round] ?? Number.NaN));
    const rate = (each: readonly number[]) => `${(SLICES / median(each)).toFixed(0)}`;
    const spent = processor.map((each) => median(each).toFixed(2));
    rows.push([name, rate(ours), rate(theirs), median(ratios).toFixed(2), ...spent]);
  }
  const size = `${SLICES} slices, ${megabytes.toFixed(0)} MB`;
  const heads = ['RadTriage slices/s', 'Orthanc slices/s', 'ratio'];
  const spent = ['RadTriage CPU ms a slice', 'Orthanc CPU ms a slice'];
  printTable([size, ...heads, ...spent], rows);
  process.stdout.write(`peak of the web process: ${peakMegabytes(web.pid)} MB\n`);
}

const QUERIES = [
  ['the newest', '/studies?limit=101'],
  ['page 500', '/studies?limit=101&offset=50000'],
  ['PatientID', '/studies?PatientID=P0000077'],
  ['PatientID, wildcard at the end', '/studies?PatientID=P00000*&limit=101'],
  ['PatientName, wildcard at the end', '/studies?PatientName=smith12*&limit=101'],
  ['PatientName, text within, few have it', '/studies?PatientName=*smith12*&limit=101'],
  ['PatientName, text within, many have it', '/studies?PatientName=*smith*&limit=101'],
  ['PatientName, two letters within, nobody has them', '/studies?PatientName=*xq*&limit=101'],
  ['PatientName, fuzzy', '/studies?PatientName=anna%20smi&fuzzymatching=true&limit=101'],
  ['AccessionNumber', '/studies?AccessionNumber=A777'],
  ['StudyDate, a week', '/studies?StudyDate=20230101-20230107&limit=101'],
  ['StudyDate, open', '/studies?StudyDate=20230101-&limit=101'],
  ['ModalitiesInStudy, a third has it', '/studies?ModalitiesInStudy=CT&limit=101'],
  ['ModalitiesInStudy, one in a thousand', '/studies?ModalitiesInStudy=XA&limit=101'],
  ['ReferringPhysicianName (no index), none', '/studies?ReferringPhysicianName=nobody'],
  ['series by Modality', '/series?Modality=XA&limit=100'],
  ['instances by SOPInstanceUID', '/instances?SOPInstanceUID=2.25.773.1'],
  ['series of a study', '/studies/2.25.773/series'],
] as const;

async function measureSearch(): Promise<void> {
  const [ours] = services;
  if (ours === undefined) return;
  await seedManyStudies(web.database, STUDIES);
  const rows: string[][] = [];
  for (const [name, path] of QUERIES) {
    const milliseconds: number[] = [];
    await take(ours, path, JSON_TYPE);
    for (let round = 0; round < 4 * ROUNDS; round += 1) {
      milliseconds.push(1000 * (await secondsOf(() => take(ours, path, JSON_TYPE))));
    }
    rows.push([name, median(milliseconds).toFixed(1), Math.max(...milliseconds).toFixed(1)]);
  }
  printTable([`QIDO-RS, ${STUDIES} studies`, 'median ms', 'maximum ms'], rows);
}

try {
  await compareRetrieval();
  process.stdout.write('\n');
  await measureSearch();
  process.stdout.write(
    `\nload average: ${loadavg()
      .map((each) => each.toFixed(1))
      .join(' ')}\n`,
  );
} finally {
  for (const { agent } of services) agent.destroy();
  await orthanc.stop();
  await web.stop();
  rmSync(folder, { recursive: true, force: true });
}
