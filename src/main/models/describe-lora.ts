/** Owns what a person is told of an adapter file: what it adapts in a line, and each layer with its effective scale. */
import {
  type AdaptedPart,
  adaptedParts,
  changesBias,
  kindName,
} from '../../core/nn/adapters/lora-adapter.ts';
import type { LoraFile } from './lora-file.ts';
import type { LoraReport } from './model-check.ts';

const partNames: Readonly<Record<AdaptedPart, string>> = { unet: 'U-Net', text_encoder: 'text encoder' };

export function describeLora(file: LoraFile): { summary: string; lora: LoraReport } {
  const layers = adaptedParts.flatMap((part) =>
    [...file[part]].map(([layer, adapted]) => ({
      part: partNames[part],
      layer,
      kind: kindName(adapted),
      rank: adapted.rank,
      alpha: adapted.alpha,
      scale: adapted.scale,
      bias: changesBias(adapted),
    })),
  );
  const tokens = file.tokens.map(({ token, vectors }) => ({ token, vectors: vectors.shape[0] }));
  const ranks = distinct(layers.flatMap(({ rank }) => rank ?? [])).sort((a, b) => a - b);
  const biases = layers.filter(({ bias }) => bias).length;
  const summary = [
    `${distinct(layers.map(({ kind }) => kind)).join(', ')} in ${file.layout} layout: ${file.unet.size} ${file.unet.size === 1 ? 'layer' : 'layers'} of the U-Net, ${file.text_encoder.size} of the text encoder`,
    ...(ranks.length > 0 ? [`rank ${ranks.join(', ')}`] : []),
    ...(biases > 0 ? [`${biases} ${biases === 1 ? 'layer' : 'layers'} with a bias difference`] : []),
    ...(tokens.length > 0
      ? [`learned tokens ${tokens.map(({ token, vectors }) => `${token} (${vectors})`).join(', ')}`]
      : []),
  ];
  return { summary: summary.join(', '), lora: { layers, tokens } };
}

const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];
