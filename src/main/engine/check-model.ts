/**
 * Owns checking and adding a model that a person names, for Electron's main and the command line: other processes look
 * at it (inspector.ts), and what they find is kept in the catalog.
 */
import { basename } from 'node:path';
import {
  type ModelEntry,
  modelKind,
  type OnnxClassifierSpec,
  onnxQuestions,
} from '../../shared/domain/model.ts';
import { addModelRow, type Catalog, CatalogError } from '../catalog/index.ts';
import type { ModelCheck } from '../models/model-check.ts';
import { getModel } from '../models/registry.ts';
import { InspectionError, inspect } from './inspector.ts';

/** What it is, whether it can be used and why not; also of a file that ends whatever looks at it. */
export const checkModel = async (path: string): Promise<ModelCheck> => tried(path, await examined(path));

async function examined(path: string): Promise<ModelCheck> {
  try {
    return await inspect('model.check', { path });
  } catch (error) {
    if (!(error instanceof InspectionError)) throw error;
    const problems = [`${path} ${error.message}`];
    return { kind: 'unknown', usable: false, summary: '', problems, onnx: null };
  }
}

/** An ONNX classifier that leaves no question open is run once, exactly as jobs will. A person may answer otherwise. */
async function tried(path: string, found: ModelCheck): Promise<ModelCheck> {
  if (!found.onnx || unanswered(found.onnx).length > 0) return found;
  const spec = found.onnx as OnnxClassifierSpec;
  try {
    const file = { name: basename(path), path: found.file ?? path, hash: null, spec };
    const { scores, tried: byTrial } = await inspect('model.try', file);
    if (!byTrial) return found;
    return { ...found, summary: `${found.summary}; on trial images ${spec.logits} holds ${scores}` };
  } catch (error) {
    if (!(error instanceof InspectionError)) throw error;
    return { ...found, usable: false, problems: [error.message] };
  }
}

const unanswered = (spec: Partial<OnnxClassifierSpec>) =>
  onnxQuestions.filter((key) => spec[key] === undefined);

/** Adds a checked model to the catalog; the file stays where it is. @throws CatalogError naming what is wrong with it. */
export async function addModel(
  catalog: Catalog,
  { path, name, onnx: given }: { path: string; name: string; onnx?: OnnxClassifierSpec },
): Promise<ModelEntry> {
  const unfit = (why: string) => new CatalogError('invalid', why);
  const found = await examined(path);
  if (!found.usable) throw unfit(`model ${path}: ${found.problems.join('; ')}`);
  if (found.kind === 'lora' || found.kind === 'embedding')
    throw unfit(`${path} is not added: ${found.summary}`);
  const kind = modelKind.parse(found.kind);
  const told = found.onnx && { ...found.onnx, ...given };
  const open = told ? unanswered(told) : [];
  if (open.length > 0) throw unfit(`model ${path}: say ${open.join(', ')}; the file does not`);
  const spec = told as OnnxClassifierSpec | null;
  const file = found.file ?? path;
  try {
    const hash = await inspect('model.hash', { path: file, kind });
    const summary = spec ? await triedSummary({ name, path: file, hash, spec }) : found.summary;
    const row = { name, kind, path: file, hash, summary, spec };
    return getModel(catalog, addModelRow(catalog, row));
  } catch (error) {
    throw error instanceof InspectionError ? unfit(`model ${path}: ${error.message}`) : error;
  }
}

/** What an ONNX classifier gives, from running it once exactly as jobs will. */
async function triedSummary(file: { name: string; path: string; hash: string; spec: OnnxClassifierSpec }) {
  const { spec } = file;
  const { dim, scores } = await inspect('model.try', file);
  const parts = [`ONNX, ${spec.width}x${spec.height}`];
  parts.push(spec.features ? `${dim} features` : `${dim} logits as features`);
  if (spec.labels) parts.push(`${spec.labels.length} labels`);
  if (scores && scores !== 'logits') parts.push(`gives ${scores}`);
  return parts.join(', ');
}
