import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  breach,
  findBreaches,
  findForbiddenChains,
  findParserChains,
  importsOf,
  notParsing,
} from '../../scripts/layers.mjs';

describe('directions of imports', () => {
  it('finds every way of naming a module, and nothing in comments', () => {
    const source = `
      import a from './a.ts';
      import type { B } from "../b.ts";
      import {
        c,
      } from './c.ts';
      import './d.css';
      export * from './e.ts';
      const f = await import('./f.ts');
      const g = require('./g.ts');
      // import h from './h.ts';
      /* import i from './i.ts'; */
    `;
    expect(importsOf(source)).toEqual([
      './a.ts',
      '../b.ts',
      './c.ts',
      './d.css',
      './e.ts',
      './f.ts',
      './g.ts',
    ]);
  });

  it('lets imports run down the layers', () => {
    expect(breach('core/nn/unet.ts', '../../shared/domain/image.ts')).toBeNull();
    expect(breach('main/engine/a.ts', '../catalog/b.ts')).toBeNull();
    expect(breach('main/index.ts', './jobs/supervisor.ts')).toBeNull();
    expect(breach('cli/main.ts', '../main/engine/a.ts')).toBeNull();
    expect(breach('renderer/map/map.tsx', '../../core/rng.ts')).toBeNull();
    expect(breach('main/index.ts', 'electron')).toBeNull();
  });

  it('refuses them the other way, each with its reason', () => {
    expect(breach('shared/domain/image.ts', '../../core/rng.ts')).toBe('shared may not import core');
    expect(breach('core/rng.ts', '../main/catalog/a.ts')).toBe('core may not import main/catalog');
    expect(breach('core/rng.ts', 'node:fs')).toBe('core may not use Node (node:fs)');
    expect(breach('main/engine/a.ts', '../index.ts')).toBe('main/engine may not import main');
    expect(breach('main/catalog/a.ts', 'electron')).toBe('only main and preload may import electron');
    expect(breach('cli/main.ts', '../main/window.ts')).toBe('cli may not import main');
    expect(breach('renderer/app.tsx', '../main/ipc.ts')).toBe('renderer may not import main');
    expect(breach('renderer/app.tsx', '../preload/index.ts')).toBe('renderer may not import preload');
    expect(breach('preload/index.ts', 'zod')).toBe('preload may not import the package zod');
    expect(breach('drawer/a.ts', 'zod')).toBe('drawer/ is no layer of this project');
  });
});

/** What `find` answers on a folder of these files. */
function inFolder(files, find) {
  const folder = mkdtempSync(join(tmpdir(), 'crux-layers-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  try {
    return find(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it('lets one file load ONNX Runtime, and no test or script another way', () => {
  const name = 'onnxruntime-node';
  const load = `import * as ort from '${name}';`;
  const breaches = inFolder(
    {
      'src/main/runtime/onnx-runtime.ts': `const load = () => require('${name}');`,
      'src/main/engine/other.ts': load,
      'bin/a.mjs': '',
      'scripts/bench.ts': `await import('${name}');`,
      'test/main/b.test.ts': load,
    },
    findBreaches,
  );
  const said = (file) =>
    `${file}: imports "${name}": only src/main/runtime/onnx-runtime.ts may import ${name}`;
  expect(breaches).toEqual(['src/main/engine/other.ts', 'scripts/bench.ts', 'test/main/b.test.ts'].map(said));
});

describe('what the main process of Electron loads', () => {
  const chainsOf = (files, find = findForbiddenChains) =>
    inFolder(files, (sources) => find(sources, 'main/index.ts'));

  it('finds the chain that leads to a library that crashes there', () => {
    const chains = chainsOf({
      'main/index.ts': "import { a } from './catalog/a.ts';",
      'main/catalog/a.ts': "export { b } from '../engine/b.ts';",
      'main/engine/b.ts': "import sharp from 'sharp';\nimport * as ort from 'onnxruntime-node';",
    });
    expect(chains).toEqual([
      'main/index.ts -> main/catalog/a.ts -> main/engine/b.ts -> sharp',
      'main/index.ts -> main/catalog/a.ts -> main/engine/b.ts -> onnxruntime-node',
    ]);
  });

  it('lets types and imports on demand be', () => {
    const chains = chainsOf({
      'main/index.ts': `
        import type { A } from './engine/b.ts';
        import { type B, type C as D } from './engine/b.ts';
        export type { E } from './engine/b.ts';
        const load = () => import('./engine/b.ts');
      `,
      'main/engine/b.ts': "import sharp from 'sharp';",
    });
    expect(chains).toEqual([]);
  });

  it("finds what parses the analyst's files, also where it is imported on demand", () => {
    const files = {
      'main/index.ts': `
        import { list } from './models/registry.ts';
        import type { ModelCheck } from './files/user-json.ts';
      `,
      'main/models/registry.ts': "const open = () => import('../files/safetensors.ts');",
      'main/files/safetensors.ts': 'export const open = 1;',
    };
    expect(chainsOf(files, findParserChains)).toEqual([
      'main/index.ts -> main/models/registry.ts -> main/files/safetensors.ts',
    ]);
    delete files['main/models/registry.ts'];
    expect(chainsOf(files, findParserChains)).toEqual([]);
  });

  it.each(notParsing)('no chain leads there from %s', (entry) => {
    expect(findParserChains(join(import.meta.dirname, '../../src'), entry)).toEqual([]);
  });
});
