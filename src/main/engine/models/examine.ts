/**
 * Owns looking at a model that a person names: what it is, whether it can be used, and what an ONNX file says and
 * does not say about itself. What is not written in the file is left open for the person; nothing is guessed.
 */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import type { OnnxClassifierSpec } from '../../../shared/domain.ts';
import {
  adapterConfigFile,
  adapterSummary,
  isAdapterFolder,
  readAdapter,
} from '../diffusion/adapter-file.ts';
import type { ModelCheck } from '../inspections.ts';
import type { ValueInfo } from '../runtime.ts';
import { readLabels } from './labels.ts';
import { pipelineOf } from './pipeline-name.ts';

/** Characters of one sentence: names in a file may be of any length. */
const LONGEST = 2000;

const verdict = (kind: string, summary: string, problems: string[] = []): ModelCheck => ({
  kind,
  usable: problems.length === 0,
  summary: summary.slice(0, LONGEST),
  problems: problems.map((problem) => problem.slice(0, LONGEST)),
  onnx: null,
});

export async function examineModel(path: string): Promise<ModelCheck> {
  if (!existsSync(path)) return verdict('nothing', '', [`there is nothing at ${path}`]);
  if (statSync(path).isDirectory()) return checkFolder(path);
  const extension = extname(path).toLowerCase();
  if (extension === '.onnx') return await checkOnnx(path);
  if (extension === '.safetensors') return await checkSafetensors(path);
  if (['.bin', '.pt', '.pth', '.ckpt', '.pkl'].includes(extension)) {
    return verdict('pickle', '', [
      'a Python pickle can run any program when it is read; convert it to .safetensors first',
    ]);
  }
  return verdict('unknown', '', [
    `${basename(path)} is no model that Crux knows; expected .onnx, .safetensors, or a model's folder`,
  ]);
}

/** By the files in it; a Diffusers folder is opened far enough to see that its parts and weights are there. */
async function checkFolder(path: string): Promise<ModelCheck> {
  if (existsSync(join(path, 'encoder_model.onnx'))) return await checkCaptioner(path);
  if (isAdapterFolder(path)) return await checkAdapter(path);
  const index = join(path, 'model_index.json');
  if (!existsSync(index)) {
    const { loraInFolder } = await import('./lora-file.ts');
    const lora = loraInFolder(path);
    if (lora) return await checkSafetensors(lora);
    if (existsSync(join(path, 'config.json'))) return await checkVision(path);
    if (existsSync(join(path, 'model.safetensors'))) return await checkVision(path);
    return verdict('folder', '', [
      `no model_index.json, config.json, encoder_model.onnx or ${adapterConfigFile} in ${path}; choose the folder of a Diffusers model, of an image network, of a captioner or of a difficulty model that Crux trained`,
    ]);
  }
  try {
    if (!existsSync(join(path, 'unet', 'model.onnx'))) return await checkWeights(path);
    const pipeline = pipelineOf(path);
    const { openGenerationModel } = await import('../diffusion/generation-model.ts');
    openGenerationModel(path);
    return verdict('diffusion', `exported ONNX graphs (${pipeline}): generates, cannot be trained`);
  } catch (error) {
    return verdict('diffusion', '', [(error as Error).message]);
  }
}

async function checkAdapter(path: string): Promise<ModelCheck> {
  try {
    const { config } = readAdapter(path);
    const { lora } = await checkLora(path);
    return { ...verdict('difficulty-adapter', adapterSummary(config)), lora };
  } catch (error) {
    return verdict('difficulty-adapter', '', [(error as Error).message]);
  }
}

/** A classifier where its classes have names; otherwise it gives features. */
async function checkVision(path: string): Promise<ModelCheck> {
  try {
    const { readVisionFolder } = await import('./vision-folder.ts');
    const { network, summary } = readVisionFolder(path, basename(path));
    return verdict(network.labels ? 'classifier' : 'encoder', summary);
  } catch (error) {
    return verdict('encoder', '', [(error as Error).message]);
  }
}

/** An image-to-text model in ONNX; its two graphs are opened. */
async function checkCaptioner(path: string): Promise<ModelCheck> {
  try {
    const { readCaptionerConfig } = await import('./captioner.ts');
    const { toldPreprocessing } = await import('./preprocessor-file.ts');
    const { preprocessing, assumed, maxLength } = readCaptionerConfig(path);
    for (const file of ['encoder_model.onnx', 'decoder_model.onnx']) {
      await valuesOf(join(path, file)).catch((error: Error) => {
        throw new Error(`ONNX Runtime cannot open ${file}: ${error.message}`);
      });
    }
    const { width, height } = preprocessing;
    const told = assumed ? `; ${toldPreprocessing(preprocessing, assumed)}` : '';
    return verdict('captioner', `image to text, ${width}x${height}, at most ${maxLength} tokens${told}`);
  } catch (error) {
    return verdict('captioner', '', [(error as Error).message]);
  }
}

/** Every parameter is looked for, and the memory computed. */
async function checkWeights(path: string): Promise<ModelCheck> {
  const { checkDiffusion } = await import('./check-diffusion.ts');
  const report = checkDiffusion(path);
  return { ...verdict('diffusion', report.summary, report.problems), diffusion: report };
}

/** A whole Stable Diffusion 1.x, a LoRA, or learned tokens; by the names of its tensors. */
async function checkSafetensors(path: string): Promise<ModelCheck> {
  try {
    const { openSafetensors } = await import('../safetensors.ts');
    const file = openSafetensors(path);
    const names = [...file.tensors.keys()];
    file.close();
    if (names.some((name) => name.startsWith('model.diffusion_model.'))) return await checkWeights(path);
    const { isTorchvision } = await import('./vision/torchvision.ts');
    if (isTorchvision(names)) return await checkVision(path);
    const { isAdapter } = await import('../../../core/nn/adapters/read-lora.ts');
    if (isAdapter(names)) return await checkLora(path);
    const { readEmbeddingFile } = await import('./lora-file.ts');
    const tokens = readEmbeddingFile(path).map(({ token, vectors }) => `${token} (${vectors.shape[0]})`);
    return verdict('embedding', `learned tokens ${tokens.join(', ')}; for crux generate --embedding`);
  } catch (error) {
    return verdict('safetensors', '', [(error as Error).message]);
  }
}

/** @throws naming the file, and what of it cannot be used. */
async function checkLora(path: string): Promise<ModelCheck> {
  const { describeLora } = await import('./describe-lora.ts');
  const { readLoraFile } = await import('./lora-file.ts');
  const { summary, lora } = describeLora(readLoraFile(path));
  return { ...verdict('lora', `${summary}; for crux generate --lora`), lora };
}

/** Inputs and outputs of an ONNX file. Opened as it is: a graph may name constants of any size to be computed. */
async function valuesOf(
  path: string,
): Promise<{ inputs: readonly ValueInfo[]; outputs: readonly ValueInfo[] }> {
  const { openSession } = await import('../runtime.ts');
  const session = await openSession(path, { provider: 'cpu', threads: 1 }, { asIs: true });
  const { inputs, outputs } = session;
  await session.close();
  return { inputs, outputs };
}

async function checkOnnx(path: string): Promise<ModelCheck> {
  let values: Awaited<ReturnType<typeof valuesOf>>;
  try {
    values = await valuesOf(path);
  } catch (error) {
    return verdict('onnx', '', [`ONNX Runtime cannot open it: ${(error as Error).message}`]);
  }
  const { inputs, outputs } = values;
  const describe = (v: ValueInfo) => `${v.name} ${v.type}[${v.shape.map((d) => d ?? '?').join(',')}]`;
  const summary = `${inputs.map(describe).join(', ')} -> ${outputs.map(describe).join(', ')}`;
  if (inputs.length !== 1)
    return verdict('onnx', summary, [`it has ${inputs.length} inputs, expected one: a batch of images`]);
  const [image] = inputs;
  if (image.type !== 'float32' || image.shape.length !== 4)
    return verdict('onnx', summary, [
      `its input is ${describe(image)}, expected float32 with four axes (images)`,
    ]);
  return { ...verdict('classifier', summary), onnx: readSpec(path, image, outputs) };
}

/** Only what the file itself fixes. Layout counts as fixed where just one axis can be the channels. */
function readSpec(
  path: string,
  image: ValueInfo,
  outputs: readonly ValueInfo[],
): Partial<OnnxClassifierSpec> {
  const spec: Partial<OnnxClassifierSpec> = { input: image.name };
  const isChannels = (d: number | null) => d === 1 || d === 3;
  const [, a, b, c] = image.shape;
  if (isChannels(a) !== isChannels(c)) {
    spec.layout = isChannels(a) ? 'NCHW' : 'NHWC';
    spec.channels = (isChannels(a) ? a : c) as 1 | 3;
    const [height, width] = isChannels(a) ? [b, c] : [a, b];
    if (height !== null) spec.height = height;
    if (width !== null) spec.width = width;
  }
  const named = (pattern: RegExp) => outputs.filter((o) => o.type === 'float32' && pattern.test(o.name));
  const logits = named(/^logits?$/i);
  const features = named(/^(features?|embeddings?|pooled|pooler_output)$/i);
  if (logits.length === 1) spec.logits = logits[0].name;
  if (features.length === 1) spec.features = features[0].name;
  const labels = labelsBeside(path);
  if (labels) spec.labels = labels;
  return spec;
}

/** A text file of the model's own name with one label a line: NAME.labels.txt or NAME.txt. Others must be named. */
function labelsBeside(path: string): string[] | null {
  const stem = join(dirname(path), basename(path, extname(path)));
  const file = [`${stem}.labels.txt`, `${stem}.txt`].find((candidate) => existsSync(candidate));
  return file ? readLabels(file) : null;
}
