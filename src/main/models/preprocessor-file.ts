/**
 * Owns the file beside a model that says how transformers prepares images: preprocessor_config.json, or a part of
 * processor_config.json; reading it, and what it is for images of another size.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describePreprocessing, type Preprocessing } from '../../core/images/preprocessing.ts';
import {
  completePreprocessor,
  hasDefaultProcessor,
  type ModelOfImages,
  preprocessingOf,
  resizedPreprocessor,
} from '../../core/images/transformers-preprocessing.ts';
import { withinFile } from '../files/within-file.ts';
import { readModelJson } from './stored-part.ts';

const preprocessorFile = 'preprocessor_config.json';
/** Where transformers 5 saves the processors of images and of text together. Older ones hold nothing of images. */
const processorFile = 'processor_config.json';

/** What says how images are prepared; null: no file does. As in transformers, the file of all processors goes first. */
export function findPreprocessor(folder: string): { file: string; json: unknown } | null {
  const what = 'how the network wants its pictures';
  const all = join(folder, processorFile);
  if (existsSync(all)) {
    const json = readModelJson<{ image_processor?: unknown } | null>(all, what)?.image_processor;
    if (json !== undefined && json !== null) return { file: all, json };
  }
  const file = join(folder, preprocessorFile);
  return existsSync(file) ? { file, json: readModelJson(file, what) } : null;
}

export interface Preprocessor {
  /** Where it is read from, or would be. */
  file: string;
  preprocessing: Preprocessing;
  /** False: the library's defaults stand for it. */
  exists: boolean;
  /** The same for images of another size, as its file would say it. */
  at(size: number): Preprocessing;
  filesAt(size: number): Record<string, unknown>;
}

/**
 * @param model type and image size in config.json: where there is no file, the defaults of the type's processor hold.
 * @throws naming the file, and what of it is not carried out here.
 */
export function readPreprocessor(folder: string, model: ModelOfImages): Preprocessor {
  const found = findPreprocessor(folder);
  const file = found?.file ?? join(folder, preprocessorFile);
  if (!found && !hasDefaultProcessor(model.type))
    throw new Error(`${file} is missing: how the network wants its pictures`);
  const json = found?.json ?? null;
  const complete = withinFile(file, () => completePreprocessor(json, model));
  return {
    file,
    preprocessing: withinFile(file, () => preprocessingOf(complete)),
    exists: found !== null,
    at: (size) => preprocessingOf(resizedPreprocessor(complete, size)),
    filesAt: (size) => ({ [preprocessorFile]: resizedPreprocessor(complete, size) }),
  };
}

/** @throws where images are not of the size that positions and windows of the network are made for. */
export function wantSize({ file, preprocessing }: Preprocessor, size: number): void {
  const { width, height } = preprocessing;
  if (width === size && height === size) return;
  const what = width === height ? `${width}` : `${width}x${height}`;
  throw new Error(`${file}: pictures of ${what}, but config.json has image_size ${size}`);
}

/** What a check says of a model without the file. */
export const toldPreprocessing = (preprocessing: Preprocessing, assumed: string): string =>
  `${assumed}, so images are prepared by the library's default (${describePreprocessing(preprocessing)})`;

/** For `VisionKind`: a check says that a file is missing. */
export const assumedBy = ({ exists }: Preprocessor): { assumed?: string } =>
  exists ? {} : { assumed: `there is no ${preprocessorFile}` };
