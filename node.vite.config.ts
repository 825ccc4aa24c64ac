/**
 * Owns the bundles that plain Node runs in the installed program: engine, the children it asks, command line.
 * ES modules by their name, as no package.json lies near them there; beside the bundle of main, which finds them. Runs after electron.vite.config.ts.
 */
import { resolve } from 'node:path';
import { defineConfig } from 'vite';

const here = import.meta.dirname;

export default defineConfig({
  publicDir: false,
  ssr: { noExternal: true, external: ['better-sqlite3', 'onnxruntime-node', 'sharp'] },
  build: {
    target: 'node22',
    ssr: true,
    outDir: resolve(here, 'out/main'),
    emptyOutDir: false,
    minify: false,
    rolldownOptions: {
      input: {
        engine: resolve(here, 'src/main/engine/main.ts'),
        'probe-child': resolve(here, 'src/main/engine/probe-child.ts'),
        'inspect-child': resolve(here, 'src/main/engine/inspect-child.ts'),
        watchdog: resolve(here, 'src/main/engine/watchdog.ts'),
        cli: resolve(here, 'src/cli/main.ts'),
      },
      // Shared chunks lie beside the entries: code finds other files from its own folder.
      output: { format: 'es', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' },
    },
  },
});
