/**
 * OHIF as its makers publish it (npm `@ohif/app`, its built files), in front of our own DICOMweb server: what the reading
 * page is measured against. Fetched when it is asked for, not a dependency: 200 MB.
 */
import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';

const VERSION = '3.13.2';
const FOLDER = join(tmpdir(), `radtriage-bench-ohif-${VERSION}`);
const FILES = join(FOLDER, 'package', 'dist');
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** The settings of its own default, with our server for its archive. */
const CONFIG = `window.config = {
  name: 'radtriage-bench', routerBasename: null, extensions: [], modes: [], customizationService: {},
  showStudyList: true, maxNumberOfWebWorkers: 3, showWarningMessageForCrossOrigin: false,
  showCPUFallbackMessage: false, showLoadingIndicator: true, strictZSpacingForVolumeViewport: true,
  maxNumRequests: { interaction: 100, thumbnail: 5, prefetch: 25 },
  investigationalUseDialog: { option: 'never' },
  defaultDataSourceName: 'radtriage',
  dataSources: [{
    namespace: '@ohif/extension-default.dataSourcesModule.dicomweb', sourceName: 'radtriage',
    configuration: {
      friendlyName: 'RadTriage', name: 'radtriage',
      wadoUriRoot: '/dicomweb', qidoRoot: '/dicomweb', wadoRoot: '/dicomweb',
      qidoSupportsIncludeField: false, imageRendering: 'wadors', thumbnailRendering: 'wadors',
      enableStudyLazyLoad: true, supportsFuzzyMatching: false, supportsWildcard: true,
      singlepart: 'bulkdata,video', bulkDataURI: { enabled: true, relativeResolution: 'studies' },
      omitQuotationForMultipartRequest: true,
    },
  }],
};`;

function fetchFiles(): void {
  if (existsSync(join(FILES, 'index.html'))) return;
  mkdirSync(FOLDER, { recursive: true });
  const packed = execFileSync('npm', ['pack', '--silent', `@ohif/app@${VERSION}`], { cwd: FOLDER });
  execFileSync('tar', ['xzf', packed.toString().trim()], { cwd: FOLDER });
}

function passOn(asked: IncomingMessage, answer: ServerResponse, server: string): void {
  const { method = 'GET', headers, url = '/' } = asked;
  const host = new URL(server).host;
  const passed = request(new URL(url, server), { method, headers: { ...headers, host } }, (got) => {
    answer.writeHead(got.statusCode ?? 502, got.headers);
    got.pipe(answer);
  });
  passed.on('error', () => answer.destroy());
  asked.pipe(passed);
}

function sendFile(path: string, answer: ServerResponse): void {
  const wanted = join(FILES, normalize(path));
  const file = extname(path) !== '' && existsSync(wanted) ? wanted : join(FILES, 'index.html');
  answer.writeHead(200, {
    'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
    // As our own page's files: kept by the browser after the first visit.
    'cache-control': file.endsWith('index.html') ? 'no-cache' : 'max-age=31536000, immutable',
  });
  createReadStream(file).pipe(answer);
}

export interface OhifViewer {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** @param server whose `/dicomweb` it reads; the cookie of the session there is sent along, ports do not part hosts */
export async function startOhif(server: string): Promise<OhifViewer> {
  fetchFiles();
  const own = createServer((asked, answer) => {
    const { pathname } = new URL(asked.url ?? '/', server);
    if (pathname.startsWith('/dicomweb/')) return passOn(asked, answer, server);
    // Its service worker would fetch all 200 MB ahead, while we measure.
    const scripts: Readonly<Record<string, string>> = {
      '/app-config.js': CONFIG,
      '/init-service-worker.js': '',
    };
    const script = scripts[pathname];
    if (script === undefined) return sendFile(pathname, answer);
    answer.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
  });
  await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve));
  const { port } = own.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        own.close(() => resolve());
        own.closeAllConnections();
      }),
  };
}
