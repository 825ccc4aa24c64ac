/** Owns the way from values to a session: weights stay in their files, and those of large networks untouched there. */
import { type EncodeOptions, encodeGraph } from '../../core/graph/emit.ts';
import { fusedOn } from '../../core/graph/fused.ts';
import type { Precision } from '../../core/graph/precision.ts';
import { topologicalOrder } from '../../core/graph/topological.ts';
import { numel, type Value, type WeightValue } from '../../core/graph/value.ts';
import { requireFiniteWeights } from '../files/finite-weights.ts';
import { largeFrom } from './large-networks.ts';
import { openSession, type RuntimeOptions, type Session, type SessionOptions } from './runtime.ts';

/** Weights that a graph reads: where they lie, and the folder that this is relative to. */
export interface Stored {
  locate: NonNullable<EncodeOptions['weights']>;
  folder?: string;
  /** Where the weights are, for errors. */
  file?: string;
}

/** What noise is predicted in: half precision where the user's setting asks for it and the provider gains from it. */
export const predictionPrecision = (runtime: RuntimeOptions): Precision =>
  runtime.halfPrecision && runtime.provider !== 'cpu' ? 'f16' : 'f32';

/**
 * Opens the graph that computes `outputs` (name -> value), with the provider's fused kernels unless told otherwise.
 * @throws NotFinite where a weight that it reads is NaN or infinite, naming file and tensor.
 */
export async function openGraph(
  outputs: Readonly<Record<string, Value>>,
  runtime: RuntimeOptions,
  stored?: Stored,
  options: Pick<EncodeOptions, 'precision' | 'fused' | 'ordered'> & Pick<SessionOptions, 'reserve'> = {},
): Promise<Session> {
  const { reserve, ...encoding } = options;
  const weights = storedWeights(outputs);
  if (stored) await requireFiniteWeights(weights, stored.locate, stored.folder);
  const size = weights.reduce((n, { shape }) => n + numel(shape), 0);
  const large = runtime.provider === 'cpu' && (runtime.lowMemory || size >= largeFrom);
  const { bytes } = encodeGraph(outputs, {
    fused: fusedOn[runtime.provider],
    ...encoding,
    weights: stored?.locate,
    weightsAsDefaults: large,
  });
  // The weights are finite: what is not, overflowed on the way.
  const half = encoding.precision === 'f16';
  return await openSession(bytes, runtime, {
    name: stored?.file && `${stored.file}${half ? ', in half precision' : ''}`,
    remedy: half
      ? 'Half precision ends at 65,504: turn it off in the settings.'
      : 'Its weights are finite, so its numbers grew too large on the way: lower the guidance scale or the weights of LoRAs, or use another model.',
    externalFolder: stored?.folder,
    large,
    reserve,
  });
}

const storedWeights = (outputs: Readonly<Record<string, Value>>): WeightValue[] =>
  topologicalOrder(Object.values(outputs)).filter((v) => v.kind === 'weight');
