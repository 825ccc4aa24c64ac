/** Owns how images are chosen on the command line: options -> the contract's `ImageFilter`. */
import { type Command, Option } from 'commander';
import type { Dataset } from '../shared/domain/dataset.ts';
import { type ImageFilter, imageFilter } from '../shared/domain/image.ts';
import { bucket, origin, split } from '../shared/domain/parts.ts';
import { usageError } from './errors.ts';
import { collect, parserFor } from './schema-options.ts';
import type { Session } from './session.ts';

const unit = parserFor(imageFilter.shape.difficulty.unwrap().shape.min);

export interface FilterValues {
  class?: string[];
  origin?: ImageFilter['origin'];
  bucket?: ImageFilter['bucket'];
  split?: ImageFilter['split'];
  minDifficulty?: number;
  maxDifficulty?: number;
  accepted?: boolean;
  tag?: string;
  text?: string;
  agrees?: boolean;
  disagrees?: boolean;
}

export function addFilter(command: Command): Command {
  return command
    .option('--class <name>', 'only this class, repeatable', collect)
    .addOption(new Option('--origin <origin>', 'only real or only synthetic images').choices(origin.options))
    .addOption(new Option('--min-difficulty <n>', 'only images at least this hard, 0 to 1').argParser(unit))
    .addOption(new Option('--max-difficulty <n>', 'only images at most this hard, 0 to 1').argParser(unit))
    .addOption(new Option('--bucket <bucket>', 'only this difficulty bucket').choices(bucket.options))
    .addOption(new Option('--split <split>', 'only this split').choices(split.options))
    .option('--tag <tag>', 'only images with this tag')
    .option('--text <text>', 'only images whose path or caption contains this')
    .option('--agrees', 'only images whose most probable class is their label')
    .option('--disagrees', 'only images whose most probable class is another');
}

/** `accepted` is not translated here: it means something else to each command. */
export function filterOf(values: FilterValues, dataset: Dataset, session: Session): ImageFilter {
  if (values.agrees && values.disagrees)
    throw usageError('--agrees and --disagrees exclude each other; give one');
  const min = values.minDifficulty ?? 0;
  const max = values.maxDifficulty ?? 1;
  if (min > max) throw usageError(`--min-difficulty ${min} is above --max-difficulty ${max}; swap them`);
  const filter: ImageFilter = {};
  if (values.class) filter.classIds = values.class.map((name) => session.classId(dataset, name));
  if (values.minDifficulty !== undefined || values.maxDifficulty !== undefined)
    filter.difficulty = { min, max };
  if (values.origin) filter.origin = values.origin;
  if (values.bucket) filter.bucket = values.bucket;
  if (values.split) filter.split = values.split;
  if (values.tag !== undefined) filter.tag = values.tag;
  if (values.text !== undefined) filter.text = values.text;
  if (values.agrees || values.disagrees) filter.disagrees = values.disagrees === true;
  return filter;
}
