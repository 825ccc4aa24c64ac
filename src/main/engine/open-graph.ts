/** Owns the way from values to a session: weights stay in their files, and those of large networks untouched there. */
import { type EncodeOptions, encodeGraph } from '../../core/graph/emit.ts';
import { fusedOn } from '../../core/graph/fused.ts';
import type { Precision } from '../../core/graph/precision.ts';
import { topologicalOrder } from '../../core/graph/topological.ts';
import { numel, type Value } from '../../core/graph/value.ts';
import { largeFrom } from './large-networks.ts';
import { openSession, type RuntimeOptions, type Session, type SessionOptions } from './runtime.ts';

/** Weights that a graph reads: where they lie, and the folder that this is relative to. */
export interface Stored {
  locate: NonNullable<EncodeOptions['weights']>;
  folder?: string;
}

/** What noise is predicted in: half precision where the user's setting asks for it and the provider gains from it. */
export const predictionPrecision = (runtime: RuntimeOptions): Precision =>
  runtime.halfPrecision && runtime.provider !== 'cpu' ? 'f16' : 'f32';

/** Opens the graph that computes `outputs` (name -> value), with the provider's fused kernels unless told otherwise. */
export function openGraph(
  outputs: Readonly<Record<string, Value>>,
  runtime: RuntimeOptions,
  stored?: Stored,
  options: Pick<EncodeOptions, 'precision' | 'fused' | 'ordered'> & Pick<SessionOptions, 'reserve'> = {},
): Promise<Session> {
  const { reserve, ...encoding } = options;
  const large = runtime.provider === 'cpu' && (runtime.lowMemory || storedWeights(outputs) >= largeFrom);
  const { bytes } = encodeGraph(outputs, {
    fused: fusedOn[runtime.provider],
    ...encoding,
    weights: stored?.locate,
    weightsAsDefaults: large,
  });
  return openSession(bytes, runtime, { externalFolder: stored?.folder, large, reserve });
}

const storedWeights = (outputs: Readonly<Record<string, Value>>): number =>
  topologicalOrder(Object.values(outputs)).reduce(
    (n, v) => n + (v.kind === 'weight' ? numel(v.shape) : 0),
    0,
  );
