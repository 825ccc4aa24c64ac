/**
 * Owns the list of models: the built-in ones and those in the catalog. Opens none of them, so that Electron's main may
 * list models.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BUILTIN } from '../../shared/built-in.ts';
import type { ModelEntry, ModelKind } from '../../shared/domain/model.ts';
import { type Catalog, CatalogError, getModelRow, listModelRows, type ModelRow } from '../catalog/index.ts';
import { combinedHash } from '../files/hash-folder.ts';
import { type BuiltIn, builtInModelFolder } from './folders.ts';

/** The models that ship: `weights` in the order of their hash, where there are several. */
const builtIns = {
  diffusion: {
    name: 'Built-in diffusion',
    kind: 'diffusion',
    summary: 'Diffusion model, 64x64',
    // In the order of openDiffusionModel's hash.
    weights: [
      'unet/diffusion_pytorch_model.safetensors',
      'vae/diffusion_pytorch_model.safetensors',
      'text_encoder/model.safetensors',
    ],
  },
  encoder: {
    name: 'Built-in encoder',
    kind: 'encoder',
    summary: 'Image encoder',
    weights: ['model.safetensors'],
  },
  clip: {
    name: 'Built-in CLIP',
    kind: 'encoder',
    summary: 'Image and text encoder, 64x64: zero-shot scores and text search of scenes like the demo',
    weights: ['model.safetensors'],
  },
} as const satisfies Record<BuiltIn, { kind: ModelKind; [field: string]: unknown }>;

const builtInNames = Object.keys(builtIns) as BuiltIn[];

/** What a person reads about a built-in model: the first paragraph of its card, where it has one. */
function builtInEntry(built: BuiltIn): ModelEntry {
  const { name, kind, summary, weights } = builtIns[built];
  const entry: ModelEntry = {
    id: BUILTIN[built],
    name,
    kind,
    path: '',
    hash: '',
    builtIn: true,
    datasetId: null,
    summary: '',
    usable: false,
    problem: null,
    createdAt: 0,
  };
  try {
    entry.path = builtInModelFolder(built);
    const missing = weights.find((file) => !existsSync(join(entry.path, file)));
    if (missing) throw new Error(`${missing} is missing in ${entry.path}; reinstall Crux`);
    entry.hash = hashOnce(entry.path, weights);
    entry.createdAt = Math.round(statSync(join(entry.path, weights[0])).mtimeMs);
    entry.summary = cardSummary(entry.path) ?? summary;
    entry.usable = true;
  } catch (error) {
    entry.problem = (error as Error).message;
  }
  return entry;
}

const hashes = new Map<string, string>();

/** The hash that provenance records, of files of a few megabytes; read again only when one has changed. */
function hashOnce(folder: string, weights: readonly string[]): string {
  const files = weights.map((file) => join(folder, file));
  const key = files.map((file) => `${file} ${statSync(file).mtimeMs}`).join();
  const known = hashes.get(key);
  if (known) return known;
  const parts = files.map((file) => createHash('sha256').update(readFileSync(file)).digest('hex'));
  const hash = parts.length === 1 ? parts[0] : combinedHash(parts);
  hashes.set(key, hash);
  return hash;
}

function cardSummary(folder: string): string | null {
  try {
    const lines = readFileSync(join(folder, 'README.md'), 'utf8').split('\n');
    const text = lines.slice(lines.findIndex((line) => line.trim() !== '' && !line.startsWith('#')));
    const end = text.findIndex((line) => line.trim() === '');
    return text
      .slice(0, end < 0 ? undefined : end)
      .join(' ')
      .slice(0, 300);
  } catch {
    return null;
  }
}

function rowEntry(row: ModelRow): ModelEntry {
  const problem = existsSync(row.path) ? null : `${row.path} is gone; put it back, or remove the model here`;
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    path: row.path,
    hash: row.hash,
    builtIn: false,
    datasetId: row.datasetId,
    summary: row.summary,
    usable: problem === null,
    problem,
    createdAt: row.createdAt,
  };
}

export const listModels = (catalog: Catalog): ModelEntry[] => [
  ...builtInNames.map(builtInEntry),
  ...listModelRows(catalog).map(rowEntry),
];

/** Throws CatalogError where there is no such model. */
export function getModel(catalog: Catalog, modelId: string): ModelEntry {
  const built = builtInNames.find((name) => BUILTIN[name] === modelId);
  if (built) return builtInEntry(built);
  return rowEntry(getModelRow(catalog, modelId));
}

/** A model of one of these kinds that can be used now. */
export function findModel(catalog: Catalog, modelId: string, ...kinds: ModelKind[]): ModelEntry {
  const model = getModel(catalog, modelId);
  if (!kinds.includes(model.kind)) {
    throw new CatalogError('invalid', `model ${model.name} is a ${model.kind}, wanted ${kinds.join(' or ')}`);
  }
  if (!model.usable) throw new CatalogError('invalid', `model ${model.name}: ${model.problem}`);
  return model;
}

/**
 * The diffusion model that an adapter was trained on: the one of its id or, in another catalog, whichever has its files.
 * @throws CatalogError where there is none.
 */
export function baseOfAdapter(
  catalog: Catalog,
  adapter: string,
  { baseModelId, baseModelHash }: { baseModelId: string; baseModelHash: string },
): ModelEntry {
  const same = listModels(catalog).filter(
    ({ kind, usable, hash }) => kind === 'diffusion' && usable && hash === baseModelHash,
  );
  const base = same.find(({ id }) => id === baseModelId) ?? same[0];
  if (base) return base;
  throw new CatalogError(
    'invalid',
    `${adapter} was trained on a diffusion model that this catalog does not have (SHA-256 ${baseModelHash.slice(0, 10)}…); add it under Settings, or with crux models add`,
  );
}

/** The difficulty adapter that was trained last on this dataset. */
export function newestAdapter(catalog: Catalog, datasetId: number): ModelEntry {
  const adapters = listModels(catalog).filter(
    (m) => m.kind === 'difficulty-adapter' && m.datasetId === datasetId,
  );
  const newest = adapters.at(-1);
  if (!newest) {
    throw new CatalogError('invalid', 'no difficulty model is trained on this dataset yet; train one first');
  }
  return findModel(catalog, newest.id, 'difficulty-adapter');
}
