/**
 * Owns how the three bundles of the desktop program are made: main and preload as CommonJS (a sandboxed
 * preload can be nothing else), the renderer for the Chromium that Electron carries. Only packages with
 * native code stay outside the bundles; the build needs no Electron binary.
 */
import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

const here = import.meta.dirname;
const native = ['better-sqlite3', 'onnxruntime-node', 'sharp'];

export default defineConfig({
  main: {
    build: {
      target: 'node24',
      outDir: resolve(here, 'out/main'),
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: resolve(here, 'src/main/index.ts') },
        external: native,
        // Imports on demand keep native libraries out of this process (layers.mjs), not code out of this file.
        checks: { ineffectiveDynamicImport: false },
        // Shared chunks lie beside the entries: code finds other files from its own folder.
        output: { format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: '[name]-[hash].cjs' },
      },
    },
  },
  preload: {
    build: {
      target: 'node24',
      outDir: resolve(here, 'out/preload'),
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: resolve(here, 'src/preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: resolve(here, 'src/renderer'),
    plugins: [react()],
    build: {
      target: 'chrome150',
      outDir: resolve(here, 'out/renderer'),
      // The content security policy allows no inline script and no data: module.
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      rolldownOptions: { input: resolve(here, 'src/renderer/index.html') },
    },
  },
});
