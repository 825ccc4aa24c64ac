/**
 * Owns the direction of imports. The path of a file says what it may touch:
 *   shared <- core <- main/{catalog,jobs,engine} <- main/*.ts and cli; shared <- preload; shared (and core) <- renderer
 * and which packages and parts of Node each layer may name. Run by `npm run check`; prints every breach.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const nodeParts = [
  'main/files',
  'main/catalog',
  'main/images',
  'main/runtime',
  'main/jobs',
  'main/datasets',
  'main/models',
  'main/scorers',
  'main/engine',
];

/** layer -> layers it may import, whether it may name Node's modules, and its packages ('*': any). */
const rules = {
  shared: { layers: ['shared'], node: false, packages: ['zod'] },
  core: { layers: ['shared', 'core'], node: false, packages: ['zod', '@bufbuild/protobuf'] },
  ...Object.fromEntries(
    nodeParts.map((part) => [part, { layers: ['shared', 'core', ...nodeParts], node: true, packages: '*' }]),
  ),
  main: { layers: ['shared', 'core', ...nodeParts, 'main'], node: true, packages: '*' },
  cli: { layers: ['shared', 'core', ...nodeParts, 'cli'], node: true, packages: '*' },
  preload: { layers: ['shared', 'preload'], node: false, packages: ['electron'] },
  renderer: { layers: ['shared', 'core', 'renderer'], node: false, packages: '*' },
};

/** Packages that only some folders may name. */
const confined = {
  electron: ['main', 'preload'],
  sharp: ['main/images'],
  'better-sqlite3': ['main/catalog'],
  react: ['renderer'],
  'react-dom': ['renderer'],
};

/** Packages that one file alone may name, tests and scripts included: what must come before their loading is done there. */
const onlyIn = { 'onnxruntime-node': 'src/main/runtime/onnx-runtime.ts' };

const layerOf = (path) => {
  const [first, second, ...rest] = path.split('/');
  if (first !== 'main') return first;
  return rest.length > 0 ? `main/${second}` : 'main';
};

/** Every module named in `source` by import, export, import() or require(). Comments do not count. */
export function importsOf(source) {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1');
  const found = [];
  const pattern =
    /(?:^|[\s;}])(?:import|export)\s(?:[^'"`;]*?\sfrom\s*)?['"]([^'"]+)['"]|\b(?:import|require)\(\s*['"]([^'"]+)['"]/g;
  for (const match of code.matchAll(pattern)) found.push(match[1] ?? match[2]);
  return found;
}

const packageOf = (name) =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');

/** What is wrong with `file` (a path below src, with '/') importing `name`; null when nothing is. */
export function breach(file, name) {
  const layer = layerOf(file);
  const rule = rules[layer];
  if (rule === undefined) return `${layer}/ is no layer of this project`;
  if (name.startsWith('.')) {
    const target = join(dirname(file), name).split(sep).join('/');
    if (target.startsWith('..')) return target.endsWith('.json') ? null : 'reaches outside src/';
    const to = layerOf(target);
    return rule.layers.includes(to) ? null : `${layer} may not import ${to}`;
  }
  if (name.startsWith('node:')) return rule.node ? null : `${layer} may not use Node (${name})`;
  const wanted = packageOf(name);
  if (onlyIn[wanted] !== undefined) return strayed(`src/${file}`, wanted);
  const homes = confined[wanted];
  if (homes !== undefined)
    return homes.includes(layer) ? null : `only ${homes.join(' and ')} may import ${wanted}`;
  if (rule.packages !== '*' && !rule.packages.includes(wanted))
    return `${layer} may not import the package ${wanted}`;
  return null;
}

/** What is wrong with `file` (from the project's root) importing the package `wanted`; null when nothing is. */
const strayed = (file, wanted) =>
  onlyIn[wanted] === undefined || onlyIn[wanted] === file
    ? null
    : `only ${onlyIn[wanted]} may import ${wanted}`;

/** Every [file, module named in it] below `folder`. */
function* importsBelow(folder, extension) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !extension.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const file = relative(folder, path).split(sep).join('/');
    for (const name of importsOf(readFileSync(path, 'utf8'))) yield [file, name];
  }
}

/** All breaches of the program, below `root`/src, and of what is around it, one sentence each. */
export function findBreaches(root) {
  const breaches = [];
  const note = (file, name, wrong) => {
    if (wrong !== null) breaches.push(`${file}: imports "${name}": ${wrong}`);
  };
  for (const [file, name] of importsBelow(join(root, 'src'), /\.tsx?$/))
    note(`src/${file}`, name, breach(file, name));
  for (const folder of ['bin', 'scripts', 'test'])
    for (const [file, name] of importsBelow(join(root, folder), /\.(?:tsx?|[cm]?js)$/))
      note(`${folder}/${file}`, name, strayed(`${folder}/${file}`, packageOf(name)));
  return breaches;
}

const withoutTypes = (source) =>
  source
    .replace(/\b(?:import|export)\s+type\s[^;]*?from\s*['"][^'"]+['"]/g, '')
    .replace(/\bimport\s*\{(?:\s*type\s+\w+(?:\s+as\s+\w+)?\s*,?)+\s*\}\s*from\s*['"][^'"]+['"]/g, '');
const withoutDemand = (source) => source.replace(/\bimport\(\s*['"][^'"]+['"]\s*\)/g, '');

/** Chains of imports from `entry` to what `isForbidden`, a module (path below src) or a package. Types do not load. */
function chainsTo(isForbidden, sources, entry, onDemandToo) {
  const chains = [];
  const seen = new Set();
  const visit = (file, chain) => {
    if (isForbidden(file)) chains.push([...chain, file].join(' -> '));
    if (seen.has(file)) return;
    seen.add(file);
    const path = join(sources, file);
    if (!existsSync(path)) return;
    const source = withoutTypes(readFileSync(path, 'utf8'));
    for (const name of importsOf(onDemandToo ? source : withoutDemand(source))) {
      const to = name.startsWith('.') ? join(dirname(file), name).split(sep).join('/') : name;
      visit(to, [...chain, file]);
    }
  };
  visit(entry, []);
  return chains;
}

const crashInMain = ['sharp', 'onnxruntime-node'];

/**
 * What Electron's main process loads with its own runtime, from its entry on: image and inference libraries
 * crash there (docs/decisions/0001-platform.md), so no chain of imports may lead to them; import() on demand does not
 * load. Returns the offending chains.
 */
export const findForbiddenChains = (sources, entry = 'main/index.ts') =>
  chainsTo((to) => crashInMain.includes(to), sources, entry, false);

/** What parses the analyst's files: a hostile one may take any time and memory, or end the process that reads it. */
export const parsers = [
  'core/diffusion/scheduler-config.ts',
  'core/nn/adapters/read-lora.ts',
  'core/nn/config-fields.ts',
  'core/tokenizer/clip-bpe.ts',
  'core/tokenizer/tokenizer-json.ts',
  'main/images/decode.ts',
  'main/datasets/manifest.ts',
  'main/datasets/scan.ts',
  'main/models/examine.ts',
  'main/models/stored-part.ts',
  'main/runtime/runtime.ts',
  'main/files/safetensors-header.ts',
  'main/files/safetensors.ts',
  'main/files/user-json.ts',
];

/** Who must leave that to another process (main/engine/inspector.ts), whenever it is loaded. */
export const notParsing = ['main/index.ts', 'cli/main.ts'];

/** Chains that lead to a parser all the same. */
export const findParserChains = (sources, entry) =>
  chainsTo((to) => parsers.includes(to), sources, entry, true);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const sources = join(root, 'src');
  if (!existsSync(sources)) throw new Error(`layers: no folder ${sources}`);
  const missing = [...parsers, ...notParsing].filter((file) => !existsSync(join(sources, file)));
  const breaches = [
    ...missing.map((file) => `src/${file}: named in scripts/layers.mjs, and not there`),
    ...findBreaches(root),
    ...findForbiddenChains(sources).map((chain) => `${chain}: crashes in Electron's main`),
    ...notParsing.flatMap((entry) =>
      findParserChains(sources, entry).map((chain) => `${chain}: parses the analyst's files`),
    ),
  ];
  for (const line of breaches) console.error(line);
  console.log(
    breaches.length === 0 ? 'layers: every import runs the right way' : `layers: ${breaches.length} breaches`,
  );
  process.exitCode = breaches.length === 0 ? 0 : 1;
}
