/**
 * Owns the direction of imports. The path of a file says what it may touch:
 *   shared <- core <- the rooms of main, in their order <- main/*.ts and cli; shared <- preload; shared (and core) <- renderer
 * which packages and parts of Node each layer may name, that SQL stands in the catalog's room alone, how large a room may
 * be, and that files do not import each other in a circle. Run by `npm run check`; prints every breach.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The rooms of src/main from the ground up; those of one floor do not know each other (docs/decisions/0014-layers.md). */
const floors = [
  ['files'],
  ['catalog', 'images', 'runtime'],
  ['jobs'],
  ['datasets'],
  ['models'],
  ['scorers'],
  ['engine'],
];
const rooms = floors.flat().map((room) => `main/${room}`);

/** A room may import itself and what lies below it. */
const roomRules = floors.flatMap((floor, i) =>
  floor.map((room) => {
    const below = floors.slice(0, i).flat();
    const layers = ['shared', 'core', ...[...below, room].map((name) => `main/${name}`)];
    return [`main/${room}`, { layers, node: true, packages: '*' }];
  }),
);

/** layer -> layers it may import, whether it may name Node's modules, and its packages ('*': any). */
const rules = {
  shared: { layers: ['shared'], node: false, packages: ['zod'] },
  core: { layers: ['shared', 'core'], node: false, packages: ['zod', '@bufbuild/protobuf'] },
  ...Object.fromEntries(roomRules),
  main: { layers: ['shared', 'core', ...rooms, 'main'], node: true, packages: '*' },
  cli: { layers: ['shared', 'core', ...rooms, 'cli'], node: true, packages: '*' },
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

const withoutComments = (source) =>
  source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1');

/** Every module named in `source` by import, export, import() or require(). Comments do not count. */
export function importsOf(source) {
  const code = withoutComments(source);
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

/** [file below `folder`, its text] of every module. */
const modulesBelow = (folder, extension = /\.tsx?$/) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && extension.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [relative(folder, path).split(sep).join('/'), readFileSync(path, 'utf8')]);

/** Every [file, module named in it] below `folder`. */
const importsBelow = (folder, extension) =>
  modulesBelow(folder, extension).flatMap(([file, source]) => importsOf(source).map((name) => [file, name]));

/** All breaches of the program, below `root`/src, and of what is around it, one sentence each. */
export function findBreaches(root) {
  const breaches = [];
  const note = (file, name, wrong) => {
    if (wrong !== null) breaches.push(`${file}: imports "${name}": ${wrong}`);
  };
  for (const [file, name] of importsBelow(join(root, 'src'))) note(`src/${file}`, name, breach(file, name));
  for (const folder of ['bin', 'scripts', 'test'])
    for (const [file, name] of importsBelow(join(root, folder), /\.(?:tsx?|[cm]?js)$/))
      note(`${folder}/${file}`, name, strayed(`${folder}/${file}`, packageOf(name)));
  return breaches;
}

/** The beginning of a text that SQLite runs, or the making of a statement. */
const sql =
  /['"`]\s*(?:SELECT|INSERT (?:OR \w+ )?INTO|UPDATE \w+\s+SET|DELETE FROM|REPLACE INTO|WITH \w+|PRAGMA|CREATE (?:TABLE|INDEX)|ALTER TABLE|DROP TABLE)\b|\.prepare\(/;

/** Modules outside the catalog's room that hold SQL; `sources`: the folder src. */
export const findSql = (sources) =>
  modulesBelow(sources)
    .filter(([file, source]) => !file.startsWith('main/catalog/') && sql.test(withoutComments(source)))
    .map(([file]) => `src/${file}: holds SQL, which stands in src/main/catalog/ only`);

/** Of the lines of main's rooms together, one room may have so much. */
const largestShare = 0.4;

/** Rooms that are too large; one alone is the whole house. */
export function findLargeRooms(sources) {
  const lines = new Map();
  for (const [file, source] of modulesBelow(sources)) {
    const layer = layerOf(file);
    if (layer.startsWith('main/')) lines.set(layer, (lines.get(layer) ?? 0) + source.split('\n').length - 1);
  }
  const all = [...lines.values()].reduce((sum, n) => sum + n, 0);
  return [...lines]
    .filter(([, n]) => n > largestShare * all)
    .map(
      ([room, n]) =>
        `src/${room}: has ${((100 * n) / all).toFixed(1)} % of the lines of main's rooms, at most ${100 * largestShare} % are allowed`,
    );
}

/** Circles that stay, each the names of all its files in order; why is in docs/decisions/0014-layers.md. */
export const knownCircles = [
  // An operator's gradient is written with the other operators.
  'core/graph/operators/arithmetic.ts core/graph/operators/elementwise.ts core/graph/operators/indexing.ts core/graph/operators/reduction.ts core/graph/operators/shape.ts',
  // The others take types alone from each other: a caller and its part, whose type is declared at the caller.
  'core/graph/emit.ts core/graph/fused.ts core/graph/operators/table.ts',
  'cli/open-session.ts cli/session.ts',
  'renderer/train/encoder-fields.tsx renderer/train/learning-fields.tsx renderer/train/train-form.tsx',
  'main/datasets/field-error.ts main/datasets/fields.ts main/datasets/found.ts main/datasets/probabilities.ts main/datasets/probability-classes.ts',
  'main/jobs/job-context.ts main/jobs/originals.ts',
  'main/models/diffusion/generation-model.ts main/models/diffusion/onnx-model.ts',
];

/**
 * Circles of imports, of types too: whoever reads one file of a circle has to read all of them. And circles of `known` that
 * are none any more.
 */
export function findCircles(sources, known = knownCircles) {
  const edges = new Map(
    modulesBelow(sources).map(([file, source]) => [
      file,
      importsOf(source)
        .filter((name) => name.startsWith('.'))
        .map((name) => join(dirname(file), name).split(sep).join('/')),
    ]),
  );
  const found = circlesOf(edges).map((files) => files.join(' '));
  return [
    ...found.filter((circle) => !known.includes(circle)).map((circle) => `import each other: ${circle}`),
    ...known.filter((circle) => !found.includes(circle)).map((circle) => `no circle any more: ${circle}`),
  ];
}

/** Tarjan's strongly connected components of more than one file, each sorted. */
function circlesOf(edges) {
  const circles = [];
  const number = new Map();
  const lowest = new Map();
  const open = [];
  const visit = (file) => {
    number.set(file, number.size);
    lowest.set(file, number.get(file));
    open.push(file);
    for (const to of edges.get(file)) {
      if (!edges.has(to)) continue;
      if (!number.has(to)) {
        visit(to);
        lowest.set(file, Math.min(lowest.get(file), lowest.get(to)));
      } else if (open.includes(to)) lowest.set(file, Math.min(lowest.get(file), number.get(to)));
    }
    if (lowest.get(file) !== number.get(file)) return;
    const circle = open.splice(open.indexOf(file));
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const file of edges.keys()) if (!number.has(file)) visit(file);
  return circles;
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
    ...findSql(sources),
    ...findLargeRooms(sources),
    ...findCircles(sources),
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
