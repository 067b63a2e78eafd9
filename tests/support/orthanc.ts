import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { peerPath } from './peers.ts';
import { findFreePort } from './ports.ts';
import { waitFor } from './wait-for.ts';

export interface Orthanc {
  readonly pid: number;
  readonly dicomPort: number;
  /** Of its REST interface, without a slash at the end. */
  readonly httpUrl: string;
  /** Sends a request of its REST interface and gives the answer's body as text. @throws on any status but 2xx */
  request(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body?: string | Uint8Array,
  ): Promise<string>;
  stop(): Promise<void>;
}

interface ModalityOptions {
  readonly AET: string;
  readonly Host: string;
  readonly Port: number;
  readonly UseDicomTls?: boolean;
}

/**
 * An Orthanc of its own on loopback, without authentication.
 * @param modalities by name: AE title, host, port.
 * @param settings further settings of its configuration file.
 */
export async function startOrthanc(
  modalities: Record<string, readonly [string, string, number] | ModalityOptions> = {},
  settings: Record<string, unknown> = {},
): Promise<Orthanc> {
  const folder = await mkdtemp(join(tmpdir(), 'radtriage-orthanc-'));
  const [dicomPort, httpPort] = [await findFreePort(), await findFreePort()];
  const configuration = {
    Name: 'test',
    StorageDirectory: folder,
    IndexDirectory: folder,
    DicomAet: 'ORTHANC',
    DicomPort: dicomPort,
    DicomServerEnabled: true,
    HttpPort: httpPort,
    RemoteAccessAllowed: false,
    AuthenticationEnabled: false,
    SslEnabled: false,
    DicomModalities: modalities,
    Plugins: [],
    ...settings,
  };
  const configFile = join(folder, 'orthanc.json');
  await writeFile(configFile, JSON.stringify(configuration));
  const child = spawn(peerPath('Orthanc'), [configFile], {
    stdio: 'ignore',
    env: { ...process.env, TCP_NODELAY: '1' },
  });
  const httpUrl = `http://127.0.0.1:${httpPort}`;
  const request: Orthanc['request'] = async (method, path, body) => {
    const answer = await fetch(`${httpUrl}${path}`, {
      method,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : Buffer.from(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`Orthanc answered ${answer.status} to ${path}: ${text}`);
    return text;
  };
  await waitFor(() => request('GET', '/system'), {
    deadlineMs: 20_000,
    everyMs: 100,
    what: 'Orthanc to answer',
  });
  return {
    pid: child.pid ?? 0,
    dicomPort,
    httpUrl,
    request,
    stop: async () => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await gone;
      await rm(folder, { recursive: true });
    },
  };
}
