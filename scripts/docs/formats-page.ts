/** Owns docs/formats.md: what is read, what is refused and why, from the tables that readers themselves go by. */
import { schedulerClasses } from '../../src/core/diffusion/create-scheduler.ts';
import { kinds, notComputed } from '../../src/core/nn/adapters/kinds/table.ts';
import { layouts as loraLayouts } from '../../src/core/nn/adapters/tensor-names.ts';
import { foreignFamilies, openedFamilies } from '../../src/core/nn/model-families.ts';
import { FIELD_NAMES } from '../../src/main/datasets/fields.ts';
import { layouts } from '../../src/main/datasets/layouts/index.ts';
import { probabilityPrefixes } from '../../src/main/datasets/probabilities.ts';
import { folderForms, forms } from '../../src/main/files/what-it-is.ts';
import { imageFormats, unreadImages } from '../../src/main/images/sniff.ts';
import { onnxVariants } from '../../src/main/models/onnx-folder.ts';
import { labelKeys } from '../../src/main/models/onnx-labels.ts';
import { imageTypes, scoreKinds } from '../../src/main/models/onnx-values.ts';
import { families } from '../../src/main/models/vision/index.ts';
import { manifestEndings } from '../../src/shared/paths.ts';
import { schedulers } from '../../src/shared/schedulers.ts';

type Row = readonly string[];

const table = (head: Row, rows: readonly Row[]): string[] => {
  const line = (cells: Row) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)];
};
const code = (text: string) => `\`${text}\``;
const codes = (names: readonly string[]) => names.map(code).join(', ');
const first = (text: string) => text[0].toUpperCase() + text.slice(1);

/** The page, whole. */
export function formatsPage(): string {
  return [
    '# Formats',
    '',
    'Written by `npm run docs` from the tables that the program itself reads by. `crux models check PATH` says of one file',
    'or folder what it is, whether it can be used, and why not; what it calls usable runs. How models and adapters are used',
    'is in [how-to/models-and-adapters.md](how-to/models-and-adapters.md).',
    ...models(),
    ...networks(),
    ...onnx(),
    ...adapters(),
    ...datasets(),
    ...images(),
    ...refused(),
    '',
  ].join('\n');
}

const models = () => [
  '',
  '## Diffusion models',
  '',
  ...table(
    ['form', 'read'],
    [
      [
        'Diffusers folder',
        '`model_index.json` and its parts: whole `.safetensors`, in shards by their index, or a variant by any name (`.fp16`, `.bf16`, `.non_ema`)',
      ],
      [
        'one `.safetensors` file',
        "a checkpoint under the names of Stable Diffusion's authors, with a tokenizer",
      ],
      [
        'exported ONNX folder',
        '`unet/model.onnx` and the others: generates, takes no adapter, is not trained',
      ],
    ],
  ),
  '',
  'Weights are F32, F16, BF16 or 8-bit floats (E4M3, E5M2), which are widened exactly.',
  '',
  '### Schedulers',
  '',
  "The model's own is the default, found by the class in `scheduler_config.json`. What a config asks of a scheduler is done or",
  'refused by name.',
  '',
  ...table(
    ['scheduler', 'class', 'what it does'],
    schedulerClasses.map(([name, className]) => {
      const known = Object.hasOwn(schedulers, name) ? schedulers[name as keyof typeof schedulers] : null;
      return [code(name), code(className), known?.help ?? 'Inversion; used by methods, not chosen.'];
    }),
  ),
  '',
  '### Other families',
  '',
  `Opened: ${openedFamilies}. A model of these is refused by its name, where its \`model_index.json\` or its tensors tell`,
  `it: ${foreignFamilies.map(({ name }) => name).join(', ')}.`,
];

const networks = () => [
  '',
  '## Image networks',
  '',
  'A folder of `config.json` and `model.safetensors`, for scores and features; each also without its last layer, for features',
  'alone. [Which of them can be trained further](how-to/models-and-adapters.md#image-networks).',
  '',
  ...table(
    ['timm (`architecture`)', 'transformers (`model_type`)'],
    families.map(({ timm, transformers }) => [timm?.named ?? '', codes(transformers?.types ?? [])]),
  ),
  '',
  'Of torchvision the parameters alone are read: ResNet, ViT, ConvNeXt and Swin (version 1). Images are prepared as for the default',
  "weights of the network. timm's networks are also read from transformers' wrapper (`timm_wrapper`).",
  '',
  'A `clip` folder of both towers (`CLIPModel`, OpenCLIP exports for transformers) with a tokenizer (`tokenizer.json`, or `vocab.json` and',
  '`merges.txt`) reads texts as well: [CLIP](how-to/models-and-adapters.md#clip-texts-beside-images).',
];

const onnx = () => [
  '',
  '## ONNX classifiers and encoders',
  '',
  `A file, or a folder with one of ${codes(onnxVariants)} (also below \`onnx\`). Opsets are those of ONNX Runtime. One`,
  `input of four axes: ${codes(imageTypes)}, channels first or last, with fixed or free sides; bytes go in as they are.`,
  'Outputs are floats of any width. `preprocessor_config.json` (or `processor_config.json`) beside the model says how images',
  'are prepared, else the person does. Class names are those of `NAME.labels.txt` or `NAME.txt`, `config.json` (`id2label`), the',
  `metadata of the file (${codes(labelKeys)}: JSON, a Python dict or list, or a plain list), or a label file of the folder, if there are as many as`,
  'class scores.',
  '',
  'What the class scores are is told by the operators that make them, or by trial on three images of noise:',
  '',
  ...table(
    ['scores', 'told by', 'what becomes of them'],
    Object.entries(scoreKinds).map(([kind, { by, used }]) => [kind, by, used]),
  ),
];

const adapters = () => [
  '',
  '## LoRA and learned tokens',
  '',
  ...table(
    ['layout', 'a key of it'],
    loraLayouts.map(({ name, example }) => [name, code(example)]),
  ),
  '',
  `Computed: ${kinds.map(({ name }) => name).join(', ')}, each also as DoRA. Refused by name: ${notComputed.map(([, name]) => name).join(', ')}.`,
  'Learned tokens are textual inversions of one tensor a token, `emb_params`, and those that a LoRA brings along.',
];

const datasets = () => [
  '',
  '## Datasets',
  '',
  'A folder of images in one of these layouts, the first that fits; the last ones beside any of the others:',
  '',
  ...table(
    ['layout', 'reads'],
    layouts.map(({ title, reads }) => [title, reads]),
  ),
  '',
  `Or a table of images, a manifest: ${codes(manifestEndings.map((ending) => `.${ending}`))}, with these columns:`,
  '',
  ...table(
    ['field', 'called'],
    Object.entries(FIELD_NAMES).map(([field, names]) => [field, codes(names)]),
  ),
  '',
  `Class probabilities may also be in one column per class: ${codes(probabilityPrefixes.map((prefix) => `${prefix}cat`))}.`,
];

const images = () => [
  '',
  '## Images',
  '',
  `Told by their first bytes, not by their names. Read: ${imageFormats.map((format) => format.toUpperCase()).join(', ')}.`,
  `Not read: ${unreadImages.map(([what]) => what).join(', ')}, HEIC/HEIF, videos. Each is named in the summary of an import.`,
];

const refused = () => [
  '',
  '## Files that are something else',
  '',
  'Every reader of models, adapters, tables, labels and prompts looks at the first bytes of a file, and says what it is where',
  'it was meant to be something else:',
  '',
  ...table(
    ['the file is', 'what to do', 'read where wanted'],
    forms.map(({ what, instead, readBy }) => [first(what), first(instead), readBy?.join(', ') ?? 'never']),
  ),
  '',
  'A download that broke off is told by its own sizes: safetensors by the header, ONNX by the length of its graph and of the',
  'files that its weights are in. Folders in which no model was found:',
  '',
  ...table(
    ['the folder is', 'what to do'],
    folderForms.map(({ what, instead }) => [first(what), first(instead)]),
  ),
];
