/**
 * Owns looking at a model that a person names: what it is, whether it can be used, and what an ONNX file says and
 * does not say about itself. What is not written in the file is left open for the person; nothing is guessed.
 */
import { closeSync, existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isOnnxFile, isSafetensorsFile } from '../../shared/model-files.ts';
import { firstFew } from '../files/first-few.ts';
import { openUserFileSync } from '../files/user-file.ts';
import { folderForm, sentence } from '../files/what-it-is.ts';
import { adapterConfigFile, adapterSummary, isAdapterFolder, readAdapter } from './diffusion/adapter-file.ts';
import type { ModelCheck } from './model-check.ts';
import { onnxFiles, onnxInFolder } from './onnx-folder.ts';
import { pipelineOf } from './pipeline-name.ts';
import { verdict } from './verdict.ts';

export async function examineModel(path: string): Promise<ModelCheck> {
  if (!existsSync(path)) return verdict('nothing', '', [`there is nothing at ${path}`]);
  if (statSync(path).isDirectory()) return checkFolder(path);
  if (isOnnxFile(path)) return await (await import('./examine-onnx.ts')).checkOnnx(path);
  if (isSafetensorsFile(path)) return await checkSafetensors(path);
  try {
    closeSync(openUserFileSync(path, { wanted: 'model' }).descriptor);
  } catch (error) {
    return verdict('unknown', '', [(error as Error).message]);
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
    return await checkNetworkFolder(path);
  }
  try {
    if (!existsSync(join(path, 'unet', 'model.onnx'))) return await checkWeights(path);
    const pipeline = pipelineOf(path);
    const { openGenerationModel } = await import('./diffusion/generation-model.ts');
    const { scheduler } = openGenerationModel(path);
    const { mustChooseScheduler, noSchedulerFor } = await import('../../core/diffusion/create-scheduler.ts');
    const unsupported = noSchedulerFor(scheduler);
    if (unsupported) return verdict('diffusion', '', [`${path}: ${unsupported}`]);
    const mustChoose = mustChooseScheduler(scheduler);
    const summary = `exported ONNX graphs (${pipeline}): generates, cannot be trained`;
    return verdict('diffusion', mustChoose ? `${summary}; ${mustChoose}` : summary);
  } catch (error) {
    return verdict('diffusion', '', [(error as Error).message]);
  }
}

/** An image network: its weights where they can be used, else its ONNX file. */
async function checkNetworkFolder(path: string): Promise<ModelCheck> {
  const onnx = onnxInFolder(path);
  // torchvision's networks are told by their parameters, without a config.
  const network = ['config.json', 'model.safetensors'].some((name) => existsSync(join(path, name)));
  const vision = network && (!onnx || hasWeights(path)) ? await checkVision(path) : null;
  if (onnx && !vision?.usable) {
    const { checkOnnxFolder } = await import('./examine-onnx.ts');
    return await checkOnnxFolder(onnx, vision?.problems ?? []);
  }
  if (vision) return vision;
  const several = onnxFiles(path);
  if (several.length > 0)
    return verdict('folder', '', [`${path} holds ${firstFew(several)}; choose one of these files`]);
  const form = folderForm(readdirSync(path));
  if (form) return verdict('folder', '', [`${path}: ${sentence(form)}`]);
  return verdict('folder', '', [
    `no model_index.json, config.json, model.onnx, encoder_model.onnx or ${adapterConfigFile} in ${path}; choose the folder of a Diffusers model, of an image network, of a captioner or of a difficulty model that Crux trained`,
  ]);
}

const hasWeights = (folder: string): boolean =>
  readdirSync(folder).some((name) => /^model\b.*\.safetensors(\.index\b.*\.json)?$/.test(name));

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
    const { valuesOf } = await import('./examine-onnx.ts');
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

/** A whole Stable Diffusion, a LoRA, or learned tokens; by the names of its tensors. */
async function checkSafetensors(path: string): Promise<ModelCheck> {
  try {
    const { openSafetensors } = await import('../files/safetensors.ts');
    const file = openSafetensors(path);
    const names = [...file.tensors.keys()];
    file.close();
    if (names.some((name) => name.startsWith('model.diffusion_model.'))) return await checkWeights(path);
    const { isTorchvision } = await import('./vision/torchvision.ts');
    if (isTorchvision(names)) return await checkVision(path);
    const { isAdapter } = await import('../../core/nn/adapters/read-lora.ts');
    if (isAdapter(names)) return await checkLora(path);
    const { familyOfTensors, isForeign, partOfTensors } = await import('../../core/nn/model-families.ts');
    const family = familyOfTensors(names);
    if (family) return verdict('safetensors', '', [`${path} is ${isForeign(family)}`]);
    const part = partOfTensors(names);
    if (part) {
      const whole = pipelineFolder(path);
      const instead = whole ? `its folder, ${whole}` : 'the folder of the whole model, or its single file';
      return verdict('safetensors', '', [`${path} is the ${part} of a model alone; choose ${instead}`]);
    }
    const { mayBeToken } = await import('../../core/nn/adapters/textual-inversion.ts');
    if (!names.every((name) => mayBeToken(name, file.tensors)))
      return verdict('safetensors', '', [unknownWeights(path, names)]);
    const { readEmbeddingFile } = await import('./lora-file.ts');
    const tokens = readEmbeddingFile(path).map(({ token, vectors }) => `${token} (${vectors.shape[0]})`);
    return verdict('embedding', `learned tokens ${tokens.join(', ')}; for crux generate --embedding`);
  } catch (error) {
    return verdict('safetensors', '', [(error as Error).message]);
  }
}

/** The Diffusers folder that a file is a part of. */
const pipelineFolder = (path: string): string | undefined =>
  [dirname(dirname(path)), dirname(path)].find((at) => existsSync(join(at, 'model_index.json')));

/** Of a network that is told by its config only, or of none that is known. */
function unknownWeights(path: string, names: readonly string[]): string {
  const folder = dirname(path);
  const whole = pipelineFolder(path);
  if (whole) return `${path} is one part of a Diffusers model; choose its folder, ${whole}`;
  if (existsSync(join(folder, 'config.json')))
    return `${path} holds the weights of the network that config.json beside it describes; choose their folder, ${folder}`;
  return `${path}: its tensors (${firstFew(names)}) are not of a Stable Diffusion, a LoRA, learned tokens or a network of torchvision. Weights of another network need its config.json beside them; choose the folder that holds both`;
}

/** @throws naming the file, and what of it cannot be used. */
async function checkLora(path: string): Promise<ModelCheck> {
  const { describeLora } = await import('./describe-lora.ts');
  const { readLoraFile } = await import('./lora-file.ts');
  const { summary, lora } = describeLora(readLoraFile(path));
  return { ...verdict('lora', `${summary}; for crux generate --lora`), lora };
}
