/** Owns opening the model that images are encoded with, whatever form it has. */
import { onnxClassifierSpec } from '../../shared/domain/model.ts';
import { isOnnxFile } from '../../shared/model-files.ts';
import { type Catalog, getModelRow } from '../catalog/index.ts';
import type { RuntimeOptions } from '../runtime/runtime.ts';
import type { ImageEncoder } from './encoder.ts';
import { openOnnxClassifier } from './onnx-classifier.ts';
import { findModel } from './registry.ts';
import { openVisionFolder } from './vision-folder.ts';

/** Opens an encoder or classifier on the given provider. The caller closes it. */
export async function openEncoder(
  catalog: Catalog,
  modelId: string,
  runtime: RuntimeOptions,
): Promise<ImageEncoder> {
  const model = findModel(catalog, modelId, 'encoder', 'classifier');
  // Scorers are named after it, within a sentence.
  const name = model.builtIn ? `${model.name[0].toLowerCase()}${model.name.slice(1)}` : model.name;
  if (!isOnnxFile(model.path)) return await openVisionFolder(model.path, name, runtime);
  const spec = onnxClassifierSpec.parse(getModelRow(catalog, modelId).spec);
  return await openOnnxClassifier({ name: model.name, path: model.path, hash: model.hash, spec }, runtime);
}
