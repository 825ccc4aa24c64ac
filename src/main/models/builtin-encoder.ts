/** Owns the built-in image encoder: the residual network of resources/models/encoder. */
import type { RuntimeOptions } from '../runtime/runtime.ts';
import type { ImageEncoder } from './encoder.ts';
import { builtInModelFolder } from './folders.ts';
import { openVisionFolder } from './vision-folder.ts';

export const openBuiltinEncoder = (runtime: RuntimeOptions): Promise<ImageEncoder> =>
  openVisionFolder(builtInModelFolder('encoder'), 'built-in encoder', runtime);
