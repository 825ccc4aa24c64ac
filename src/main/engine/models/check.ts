/**
 * Owns checking and adding a model that a person names, for Electron's main and the command line: other processes look
 * at it (inspector.ts), and what they find is kept in the catalog.
 */
import {
  type ModelEntry,
  modelKind,
  type OnnxClassifierSpec,
  onnxQuestions,
} from '../../../shared/domain.ts';
import { addModelRow, type Catalog, CatalogError } from '../../catalog/index.ts';
import type { ModelCheck } from '../inspections.ts';
import { InspectionError, inspect } from '../inspector.ts';
import { getModel } from './registry.ts';

/** What it is, whether it can be used and why not; also of a file that ends whatever looks at it. */
export async function checkModel(path: string): Promise<ModelCheck> {
  try {
    return await inspect('model.check', { path });
  } catch (error) {
    if (!(error instanceof InspectionError)) throw error;
    const problems = [`${path} ${error.message}`];
    return { kind: 'unknown', usable: false, summary: '', problems, onnx: null };
  }
}

/** Adds a checked model to the catalog; the file stays where it is. @throws CatalogError naming what is wrong with it. */
export async function addModel(
  catalog: Catalog,
  { path, name, onnx: spec }: { path: string; name: string; onnx?: OnnxClassifierSpec },
): Promise<ModelEntry> {
  const unfit = (why: string) => new CatalogError('invalid', why);
  const found = await checkModel(path);
  if (!found.usable) throw unfit(`model ${path}: ${found.problems.join('; ')}`);
  if (found.kind === 'lora' || found.kind === 'embedding')
    throw unfit(`${path} is not added: ${found.summary}`);
  const kind = modelKind.parse(found.kind);
  if (found.onnx && !spec) {
    const open = onnxQuestions.filter((key) => !(key in found.onnx!));
    throw unfit(`model ${path}: say ${open.join(', ')}; the file does not`);
  }
  try {
    const hash = await inspect('model.hash', { path, kind });
    const summary = spec && found.onnx ? await tried({ name, path, hash, spec }) : found.summary;
    const row = { name, kind, path, hash, summary, spec: found.onnx ? spec : null };
    return getModel(catalog, addModelRow(catalog, row));
  } catch (error) {
    throw error instanceof InspectionError ? unfit(`model ${path}: ${error.message}`) : error;
  }
}

/** What an ONNX classifier gives, from running it once exactly as jobs will. */
async function tried(file: { name: string; path: string; hash: string; spec: OnnxClassifierSpec }) {
  const { spec } = file;
  const { dim } = await inspect('model.try', file);
  const parts = [`ONNX, ${spec.width}x${spec.height}`];
  parts.push(spec.features ? `${dim} features` : `${dim} logits as features`);
  if (spec.labels) parts.push(`${spec.labels.length} labels`);
  return parts.join(', ');
}
