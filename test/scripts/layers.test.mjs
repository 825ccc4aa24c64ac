import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  breach,
  findBreaches,
  findCircles,
  findForbiddenChains,
  findLargeRooms,
  findParserChains,
  findSql,
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
    expect(breach('main/drawer/a.ts', 'zod')).toBe('main/drawer/ is no layer of this project');
  });

  it('lets a room of main know itself and what lies below it, no neighbour', () => {
    expect(breach('main/models/diffusion/a.ts', '../b.ts')).toBeNull();
    expect(breach('main/models/a.ts', '../jobs/b.ts')).toBeNull();
    expect(breach('main/models/a.ts', '../engine/b.ts')).toBe('main/models may not import main/engine');
    expect(breach('main/files/a.ts', '../catalog/b.ts')).toBe('main/files may not import main/catalog');
    expect(breach('main/images/a.ts', '../catalog/b.ts')).toBe('main/images may not import main/catalog');
    expect(breach('main/jobs/a.ts', '../datasets/b.ts')).toBe('main/jobs may not import main/datasets');
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

it('finds SQL outside the room of the catalog', () => {
  const select = "const n = catalog.value('SELECT COUNT(*) FROM images');";
  const files = {
    'main/catalog/images.ts': select,
    'main/jobs/a.ts': select,
    'main/jobs/b.ts': '// SELECT is told\nconst update = `\n  UPDATE jobs SET state = ?`;',
    'main/jobs/c.ts': "const words = 'Select a folder'; // 'SELECT id FROM images'",
    'cli/a.ts': 'db.prepare(text);',
  };
  expect(inFolder(files, findSql)).toEqual(
    expect.arrayContaining(
      ['cli/a.ts', 'main/jobs/a.ts', 'main/jobs/b.ts'].map((file) => expect.stringContaining(file)),
    ),
  );
  expect(inFolder(files, findSql)).toHaveLength(3);
});

it('finds a room of main that is too large', () => {
  const lines = (n) => 'x\n'.repeat(n);
  const rooms = (n) => ({
    'main/files/a.ts': lines(30),
    'main/jobs/a.ts': lines(30),
    'main/engine/a/b.ts': lines(n),
  });
  expect(inFolder({ ...rooms(40), 'main/index.ts': lines(500) }, findLargeRooms)).toEqual([]);
  expect(inFolder(rooms(41), findLargeRooms)).toEqual([
    "src/main/engine: has 40.6 % of the lines of main's rooms, at most 40 % are allowed",
  ]);
});

it('finds files that import each other in a circle, and a recorded circle that is none', () => {
  const files = {
    'core/a.ts': "import { b } from './b.ts';",
    'core/b.ts': "export { c } from './c.ts';",
    'core/c.ts': "import type { A } from './a.ts';",
    'core/d.ts': "import { a } from './a.ts';",
  };
  const circle = 'core/a.ts core/b.ts core/c.ts';
  expect(inFolder(files, (sources) => findCircles(sources, []))).toEqual([`import each other: ${circle}`]);
  expect(inFolder(files, (sources) => findCircles(sources, [circle]))).toEqual([]);
  files['core/c.ts'] = '';
  expect(inFolder(files, (sources) => findCircles(sources, [circle]))).toEqual([
    `no circle any more: ${circle}`,
  ]);
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
