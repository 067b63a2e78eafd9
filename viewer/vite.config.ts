import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Where `vite dev` finds the API. The built page is served by the API itself, from one origin. */
const API = 'http://127.0.0.1:8080';

/** Codecs that the decode worker imports by name; the loader itself must stay unbundled in dev to find its worker. */
const CODECS = [
  'charls/decodewasmjs',
  'libjpeg-turbo-8bit/decodewasmjs',
  'libjxl/decodewasmjs',
  'openjpeg/decodewasmjs',
  'openjph/wasmjs',
];

const standIn = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const absent = standIn('./absent-node-module.ts');

/** What it mends is told in css-pixels.ts. Dev needs it of its own: what is bundled ahead knows no alias. */
const cssPixels = {
  name: 'css-pixels',
  resolveId: (source: string) =>
    source.endsWith('/cpuFallback/rendering/cssPixelConversion.js')
      ? standIn('./css-pixels.ts')
      : undefined,
};

const SHARED_DECODER = 'const decoder = local.decoder;';

/**
 * OpenJPEG's decoder tells nobody when it fails, and keeps the pixels of the image before: an image that cannot be
 * decoded was shown as another one. A decoder of its own has none to give, which the loader finds (cornerstone-loader.ts).
 */
const freshDecoder: Plugin = {
  name: 'fresh-decoder',
  transform(code, id) {
    if (!id.includes('/decoders/decodeJPEG2000.js')) return;
    if (!code.includes(SHARED_DECODER)) this.error(`${id} no longer says: ${SHARED_DECODER}`);
    const fresh = 'local.decoder.delete(); local.decoder = new local.codec.J2KDecoder();';
    return { code: code.replace(SHARED_DECODER, `${fresh} ${SHARED_DECODER}`), map: null };
  },
};

/**
 * The page is a chunk that the entry imports once it knows the language (main.ts). The browser is told of it in the
 * head, so that it fetches both at once.
 */
const preloadPage: Plugin = {
  name: 'preload-page',
  transformIndexHtml: {
    order: 'post',
    handler: (html, { bundle }) => {
      const page = Object.values(bundle ?? {}).find(
        (each) => each.type === 'chunk' && each.name === 'start',
      );
      if (page?.type !== 'chunk') return [];
      const scripts = [page.fileName, ...page.imports].map((file) => ['modulepreload', file]);
      // Behind the styles of the entry: what a page says of its look is stronger than what all have in common.
      const styles = [...(page.viteMetadata?.importedCss ?? [])].map((file) => [
        'stylesheet',
        file,
      ]);
      return [...scripts, ...styles]
        .filter(([, file]) => !html.includes(`/${file}"`))
        .map(([rel, file]) => ({
          tag: 'link',
          attrs: { rel, crossorigin: true, href: `/${file}` },
          injectTo: 'head',
        }));
    },
  },
};

export default defineConfig({
  plugins: [{ ...cssPixels, enforce: 'pre' }, freshDecoder, react(), preloadPage],
  resolve: {
    alias: ['fs', 'path', 'url'].map((name) => ({
      find: new RegExp(`^${name}$`),
      replacement: absent,
    })),
  },
  // Images are decoded in a worker, which is built by itself.
  worker: { format: 'es', plugins: () => [freshDecoder] },
  server: { proxy: { '/api': API, '/dicomweb': API } },
  optimizeDeps: {
    rolldownOptions: { plugins: [cssPixels] },
    exclude: ['@cornerstonejs/dicom-image-loader'],
    include: [
      'dicom-parser',
      '@cornerstonejs/jpeg-lossless-decoder-js',
      ...CODECS.map((codec) => `@cornerstonejs/codec-${codec}`),
    ],
  },
  build: {
    target: 'es2023',
    outDir: 'dist',
    emptyOutDir: true,
    rolldownOptions: { checks: { pluginTimings: false } },
    // The reading chunk holds Cornerstone3D and vtk.js; it is prefetched while the worklist idles.
    chunkSizeWarningLimit: 6000,
  },
});
