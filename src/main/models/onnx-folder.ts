/** Owns which file of a folder is its ONNX classifier, as optimum and transformers.js lay such folders out. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isOnnxFile } from '../../shared/model-files.ts';

export interface OnnxFolder {
  file: string;
  /** Other ONNX files of the folder, relative to it. */
  unused: string[];
}

/** Full precision goes first, then half, then 8 bits. */
export const onnxVariants = ['model', 'model_fp16', 'model_quantized', 'model_int8', 'model_uint8'].map(
  (n) => `${n}.onnx`,
);

/** Null: there is none, or which one is meant is not plain. */
export function onnxInFolder(folder: string): OnnxFolder | null {
  const there = ['', 'onnx'].flatMap((sub) => onnxFiles(folder, sub));
  const named = onnxVariants
    .flatMap((name) => [name, join('onnx', name)])
    .find((name) => there.includes(name));
  const chosen = named ?? (there.length === 1 ? there[0] : null);
  if (chosen === null) return null;
  return { file: join(folder, chosen), unused: there.filter((name) => name !== chosen) };
}

/** Relative to `folder`, in order. */
export function onnxFiles(folder: string, sub = ''): string[] {
  try {
    return readdirSync(join(folder, sub))
      .filter(isOnnxFile)
      .map((name) => join(sub, name))
      .sort();
  } catch {
    return [];
  }
}
