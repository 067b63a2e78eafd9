/** One direction of imports (ARCHITECTURE.md), and one owner for each foreign library. */

// The fixture holds planted violations; `npm run check` fails unless they are found.
const ROOT = '^(tests/support/boundary-fixture/)?';
const room = (path) => `${ROOT}${path}/`;

const SERVICES = {
  core: room('services/core'),
  contracts: room('services/contracts'),
  platform: room('services/platform'),
  isolation: room('services/isolation'),
  dicom: room('services/dicom'),
  intake: room('services/intake'),
  listener: room('services/listener'),
  inference: room('services/inference'),
  ris: room('services/ris'),
  delivery: room('services/delivery'),
  worklist: room('services/worklist'),
  quality: room('services/quality'),
  cli: room('services/cli'),
  queue: room('queue'),
  models: room('models'),
  testData: room('test-data'),
  viewer: room('viewer'),
};

const LEAVES = ['listener', 'ris', 'inference', 'delivery', 'worklist', 'quality'];
const BELOW_LEAVES = [
  'core',
  'contracts',
  'isolation',
  'platform',
  'dicom',
  'queue',
  'models',
  'intake',
];

/** What each room may import, besides itself. */
const MAY_IMPORT = {
  core: [],
  contracts: ['core'],
  viewer: ['core', 'contracts'],
  platform: ['core'],
  isolation: [],
  dicom: ['core', 'isolation'],
  queue: ['core', 'platform'],
  models: ['core', 'isolation', 'platform', 'dicom'],
  intake: ['core', 'dicom', 'queue', 'platform'],
  ...Object.fromEntries(LEAVES.map((leaf) => [leaf, BELOW_LEAVES])),
  testData: ['core', 'dicom'],
  cli: [...BELOW_LEAVES, ...LEAVES, 'testData'],
};

const boundaries = Object.entries(MAY_IMPORT).map(([name, allowed]) => ({
  name: `boundary-${name}`,
  comment: `${name} may import only: ${[name, ...allowed].join(', ')}`,
  severity: 'error',
  from: { path: SERVICES[name] },
  to: {
    path: `${ROOT}(services|queue|models|viewer|test-data|tests)/`,
    pathNot: [name, ...allowed].map((allowedName) => SERVICES[allowedName]),
  },
}));

/** The files that may import a foreign library. */
const OWNERS = {
  '^(bullmq|ioredis)$': `${ROOT}queue/`,
  '^onnxruntime-node$': `${ROOT}models/runtime/`,
  '^pg$': `${ROOT}(services/platform/database/connect|queue/backends/[a-z-]+)\\.ts$`,
  '^dcmjs$': `${ROOT}services/dicom/attributes/dictionary\\.ts$`,
  '^(dcmjs-codecs|@cornerstonejs/codec-.*)$': `${ROOT}services/dicom/pixels/`,
  '^iconv-lite$': `${ROOT}(services/dicom/charsets|test-data)/`,
  '^pino$': `${ROOT}services/platform/logger/`,
  '^prom-client$': `${ROOT}services/(platform/http|worklist)/`,
  '^fastify$': `${ROOT}services/(platform/http|worklist|quality)/`,
  '^@cornerstonejs/(core|tools|dicom-image-loader)$': `${ROOT}viewer/src/reading/cornerstone[a-z-]*\\.ts$`,
};

const owners = Object.entries(OWNERS).map(([library, owner]) => ({
  name: `owner-of-${library.replaceAll(/[^a-z-]/g, '')}`,
  severity: 'error',
  from: { path: `${ROOT}(services|queue|models|viewer|test-data)/`, pathNot: owner },
  to: { path: `node_modules/(${library.replace(/^\^/, '').replace(/\$$/, '')})/` },
}));

export default {
  forbidden: [
    ...boundaries,
    ...owners,
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'languages-hold-words-only',
      comment:
        'a translation is loaded before any text exists: of the viewer it may know types alone',
      severity: 'error',
      from: { path: '^viewer/src/languages/[a-z-]+/' },
      to: {
        path: '^viewer/src/',
        pathNot: '^viewer/src/languages/([a-z-]+/|sentences\\.ts$)',
        dependencyTypesNot: ['type-only'],
      },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|artifacts)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'types', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
