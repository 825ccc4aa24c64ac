/** Owns `crux score`. */
import { type Command, InvalidArgumentError } from 'commander';
import { BUILTIN } from '../../shared/built-in.ts';
import type { JobParams } from '../../shared/jobs/index.ts';
import { scoreParams } from '../../shared/jobs/score.ts';
import type { CommandContext } from '../command.ts';
import { datasetJob } from '../job-command.ts';
import type { OptionTable } from '../schema-options.ts';

const options: OptionTable<JobParams<'score'>, 'temperature'> = {
  method: { text: 'how the probabilities come about' },
  modelId: {
    flag: 'model',
    text: 'encoder under the probe, the classifier itself, or for zero-shot the CLIP, builtin:clip where none is given (name or id)',
  },
  folds: { text: 'folds of the out-of-fold probe' },
  prompts: {
    flag: 'prompt',
    text: 'with method zero-shot: what an image of a class is called, [CLS] the class; repeatable, and then averaged',
  },
};

function temperature(text: string): number | 'auto' {
  const result = scoreParams.shape.temperature.safeParse(text === 'auto' ? text : Number(text));
  if (text.trim() === '' || !result.success)
    throw new InvalidArgumentError('Expected auto, or a number from 0.05 to 20.');
  return result.data;
}

export const score = (parent: Command, context: CommandContext) =>
  datasetJob(parent, context, {
    kind: 'score',
    summary: 'score how hard each image is: 1 - p(its class)',
    options,
    more: (command) =>
      command.option(
        '--temperature <t>',
        'a number above 1 makes the scorer less sure, below 1 surer; auto: as sure as it is right (default: 1)',
        temperature,
      ),
    params: (values) => ({
      ...(values.temperature !== undefined && { temperature: values.temperature }),
      // The encoder that the others stand on reads no texts.
      ...(values.method === 'zero-shot' && values.model === undefined && { modelId: BUILTIN.clip }),
    }),
  });
