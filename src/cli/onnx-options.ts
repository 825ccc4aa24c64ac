/** Owns how a person answers what an ONNX classifier's file does not say about itself. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { readLabels } from '../main/models/labels.ts';
import {
  type OnnxClassifierSpec,
  onnxClassifierSpec,
  onnxQuestions,
  resizeKernel,
} from '../shared/domain/model.ts';
import { usageError } from './errors.ts';
import type { Io } from './io.ts';
import { parserFor } from './schema-options.ts';

const shape = onnxClassifierSpec.shape;

function numbers(text: string): number[] {
  const list = text.split(',').map((part) => Number(part.trim() || Number.NaN));
  if (list.some(Number.isNaN))
    throw new InvalidArgumentError('Expected numbers with commas between, like 0.485,0.456,0.406.');
  return list;
}

export interface OnnxValues {
  input?: string;
  layout?: OnnxClassifierSpec['layout'];
  width?: number;
  height?: number;
  channels?: string;
  mean?: number[];
  std?: number[];
  resize?: OnnxClassifierSpec['resize'];
  kernel?: OnnxClassifierSpec['kernel'];
  cropShare?: number;
  logits?: string;
  features?: string;
  labels?: string;
}

export const addOnnx = (command: Command): Command =>
  command
    .optionsGroup('What an ONNX file may not say about itself:')
    .option('--input <name>', 'name of the image input')
    .addOption(new Option('--layout <layout>', 'order of its axes').choices(shape.layout.options))
    .addOption(new Option('--width <n>', 'its width in pixels').argParser(parserFor(shape.width)))
    .addOption(new Option('--height <n>', 'its height in pixels').argParser(parserFor(shape.height)))
    .addOption(new Option('--channels <n>', '3: RGB, 1: grey').choices(['1', '3']))
    .option('--mean <r,g,b>', 'subtracted from RGB in [0,1]', numbers)
    .option('--std <r,g,b>', 'divided by afterwards', numbers)
    .addOption(
      new Option('--resize <how>', 'how other shapes are brought to its size').choices(shape.resize.options),
    )
    .addOption(
      new Option('--kernel <name>', "Pillow's filter that resizes (default: libvips' Lanczos)").choices(
        resizeKernel.options,
      ),
    )
    .addOption(
      new Option(
        '--crop-share <share>',
        'share of the resized side that the middle keeps (default: 1)',
      ).argParser(parserFor(shape.cropShare)),
    )
    .option('--logits <name>', 'output that holds the class scores; none: it has none')
    .option('--features <name>', 'output that holds the features; none: it has none')
    .option('--labels <file>', 'text file with one class name a line; none: it has none');

/** Those of the options that a person gave, as they are written. */
export const givenOnnx = (command: Command): string[] =>
  command.options
    .map((option) => ({ name: option.attributeName(), long: option.long! }))
    .filter(({ name }) => Object.hasOwn(shape, name) && command.getOptionValue(name) !== undefined)
    .map(({ long }) => long);

const orNone = (value: string) => (value === 'none' ? null : value);

function labelsFrom(path: string, io: Io): string[] {
  const file = resolve(io.cwd, path);
  if (!existsSync(file))
    throw usageError(`no label file at ${file}; give a text file with one class name a line`);
  return readLabels(file);
}

/** What the options say, laid over what the file says. */
export function onnxSpec(
  known: Partial<OnnxClassifierSpec> | null,
  values: OnnxValues,
  io: Io,
): Partial<OnnxClassifierSpec> {
  const spec: Partial<OnnxClassifierSpec> = { ...known };
  if (values.input !== undefined) spec.input = values.input;
  if (values.layout !== undefined) spec.layout = values.layout;
  if (values.width !== undefined) spec.width = values.width;
  if (values.height !== undefined) spec.height = values.height;
  if (values.channels !== undefined) spec.channels = Number(values.channels) as 1 | 3;
  if (values.mean !== undefined) spec.mean = values.mean;
  if (values.std !== undefined) spec.std = values.std;
  if (values.resize !== undefined) spec.resize = values.resize;
  if (values.kernel !== undefined) spec.kernel = values.kernel;
  if (values.cropShare !== undefined) spec.cropShare = values.cropShare;
  if (values.logits !== undefined) spec.logits = orNone(values.logits);
  if (values.features !== undefined) spec.features = orNone(values.features);
  if (values.labels !== undefined)
    spec.labels = values.labels === 'none' ? null : labelsFrom(values.labels, io);
  return spec;
}

/** The options that still have to be given, as a person writes them. */
export const unanswered = (spec: Partial<OnnxClassifierSpec>): string[] =>
  onnxQuestions.filter((key) => spec[key] === undefined).map((key) => `--${key}`);
