/**
 * Owns the checks of a U-Net: every output of the folder (timestep per batch or per sample, any text length, any
 * picture size), the loss, and the gradients of its inputs and of whichever weights the folder asks for.
 */
import { backward } from '../../../src/core/graph/backward.ts';
import * as f from '../../../src/core/graph/functions.ts';
import { input, type Value } from '../../../src/core/graph/value.ts';
import { type ParameterSource, paramsOf } from '../../../src/core/nn/params.ts';
import {
  type UNetInputs,
  unet2dCondition,
  unet2dConditionConfig,
} from '../../../src/core/nn/unet-2d-condition.ts';
import type { OracleCase, OracleTensor, OracleTensors } from '../case.ts';
import { statement } from '../compare.ts';
import {
  against,
  type CaseRun,
  evaluate,
  type Feeds,
  feed,
  feedsFrom,
  firstRows,
  type GoldenOptions,
  leftOver,
  openNetwork,
  type Part,
  partlyTrainable,
} from '../graph.ts';

export const UNET_WEIGHTS = 'diffusion_pytorch_model.safetensors';

export function unetCase(c: OracleCase, options: GoldenOptions): CaseRun {
  const { config, weights } = openNetwork(c, UNET_WEIGHTS, unet2dConditionConfig);
  const io = c.tensors('io.safetensors');
  const check = against(options, c, io);
  const asked = new Set<string>();

  const outputs: Part[] = io
    .names()
    .filter((name) => /^out(_|$)/.test(name))
    .map((name) => ({
      name,
      async run() {
        const source = partlyTrainable(weights.table, new Set());
        const { leaves, feeds } = unetInputs(inputsOfOutput(name, io));
        const out = unet2dCondition(paramsOf(source), config, leaves);
        for (const used of source.asked) asked.add(used);
        return check(await evaluate(options, { [name]: out }, feeds, weights));
      },
    }));

  const lossName = io.names().find((name) => /^(base\.)?loss$/.test(name));
  const gradients = io.names().filter((name) => /^(base\.)?grad\./.test(name));
  const training: Part = {
    name: 'loss and gradients',
    async run() {
      if (!lossName) throw new Error('io.safetensors has gradients and no loss');
      const source = partlyTrainable(weights.table, new Set(gradients.flatMap(baseParameter)));
      const given = {
        sample: io.get('sample'),
        timesteps: io.get('timesteps'),
        states: io.get(statesOfLoss(c, io, gradients)),
      };
      const { leaves, feeds } = unetInputs(given);
      const out = unet2dCondition(paramsOf(source), config, leaves);
      for (const used of source.asked) asked.add(used);
      const target = io.get('target');
      const loss = f.mseLoss(out, input('target', target.shape));
      const wrt = gradients.map((name) => gradientOf(name, leaves, source));
      const results = Object.fromEntries(backward(loss, wrt).map((g, i) => [gradients[i], g]));
      const parameters = feedsFrom(weights.file, source.inputs.keys());
      const all = { ...feeds, ...parameters, target: feed(target) };
      return check(await evaluate(options, { [lossName]: loss, ...results }, all, weights));
    },
  };
  const names: Part = {
    name: 'parameters',
    run: async () => [statement('parameters: none left over', leftOver(weights.table, asked))],
  };
  return { parts: [...outputs, ...(lossName || gradients.length > 0 ? [training] : []), names] };
}

interface Given {
  sample: OracleTensor;
  timesteps: OracleTensor;
  states: OracleTensor;
}

/** The network's inputs, with timesteps and text states cut or repeated to the batch of the sample. */
export function unetInputs({ sample, timesteps, states }: Given): { leaves: UNetInputs; feeds: Feeds } {
  const n = sample.shape[0];
  const times = timesteps.shape[0] === 1 ? timesteps : firstRows(timesteps, n);
  const text = firstRows(states, n);
  const leaves = {
    sample: input('sample', sample.shape),
    timesteps: f.expand(input('timesteps', times.shape), [n]),
    encoderHiddenStates: input('encoder_hidden_states', text.shape),
  };
  const feeds = { sample: feed(sample), timesteps: feed(times), encoder_hidden_states: feed(text) };
  return { leaves, feeds };
}

/** `out`, or `out_[<sample>_]<scalar|persample>_<text>`: which tensors it was computed from. */
function inputsOfOutput(name: string, io: OracleTensors): Given {
  if (name === 'out') {
    return {
      sample: io.get('sample'),
      timesteps: io.get('timesteps'),
      states: io.get('encoder_hidden_states'),
    };
  }
  const parsed = /^out_(?:(.+)_)?(scalar|persample)_([^_]+)$/.exec(name);
  if (!parsed) throw new Error(`${name}: wanted out_[<sample>_]<scalar|persample>_<text length>`);
  const [, sample, timestep, text] = parsed;
  return {
    sample: io.get(sample ? `sample_${sample}` : 'sample'),
    timesteps: io.get(timestep === 'scalar' ? 'timestep_scalar' : 'timesteps'),
    states: io.get(`encoder_hidden_states_${text}`),
  };
}

/** The text states of the loss: the only ones, those the description names, or those of the gradient's shape. */
function statesOfLoss(c: OracleCase, io: OracleTensors, gradients: readonly string[]): string {
  const all = io.names().filter((name) => name.startsWith('encoder_hidden_states'));
  if (all.length === 1) return all[0];
  const named = /ehs_(\w+)/.exec(String(c.meta.outputs?.['base.loss'] ?? ''));
  if (named && all.includes(`encoder_hidden_states_${named[1]}`)) return `encoder_hidden_states_${named[1]}`;
  const gradient = gradients.find((name) => name.endsWith('grad.encoder_hidden_states'));
  const fitting = all.filter((name) => gradient && `${io.get(name).shape}` === `${io.get(gradient).shape}`);
  if (fitting.length !== 1)
    throw new Error(`which of ${all.join(', ')} the loss was computed from is not said`);
  return fitting[0];
}

const baseParameter = (gradient: string): string[] => {
  const name = /^grad\.base\.(.+)$/.exec(gradient);
  return name ? [name[1]] : [];
};

/** The value that a `[base.]grad.<what>` tensor is the gradient of. */
export function gradientOf(
  name: string,
  leaves: UNetInputs,
  source: ParameterSource & { inputs: ReadonlyMap<string, Value> },
): Value {
  if (/^(base\.)?grad\.sample$/.test(name)) return leaves.sample;
  if (/^(base\.)?grad\.encoder_hidden_states$/.test(name)) return leaves.encoderHiddenStates;
  const [parameter] = baseParameter(name);
  const value = parameter === undefined ? undefined : source.inputs.get(parameter);
  if (!value) throw new Error(`${name}: the network has no such input or parameter`);
  return value;
}
