/** Owns the way from values to a session: weights stay in their files, and those of large networks untouched there. */
import { type EncodeOptions, encodeGraph } from '../../core/graph/emit.ts';
import { topologicalOrder } from '../../core/graph/topological.ts';
import { numel, type Value } from '../../core/graph/value.ts';
import { openSession, type RuntimeOptions, type Session } from './runtime.ts';

/** Weights that a graph reads: where they lie, and the folder that this is relative to. */
export interface Stored {
  locate: NonNullable<EncodeOptions['weights']>;
  folder?: string;
}

/**
 * Weights from which on the CPU reads them in place. Repacked, they open in many seconds and take a copy in
 * float32, and a run of a network this large is hardly faster for it (docs/benchmarks.md).
 */
const largeFrom = 2 ** 28;

/** Opens the graph that computes `outputs` (name -> value). */
export function openGraph(
  outputs: Readonly<Record<string, Value>>,
  runtime: RuntimeOptions,
  stored?: Stored,
  options: Pick<EncodeOptions, 'precision'> = {},
): Promise<Session> {
  const large = runtime.provider === 'cpu' && (runtime.lowMemory || storedWeights(outputs) >= largeFrom);
  const { bytes } = encodeGraph(outputs, {
    ...options,
    weights: stored?.locate,
    weightsAsDefaults: large,
  });
  return openSession(bytes, runtime, { externalFolder: stored?.folder, large });
}

const storedWeights = (outputs: Readonly<Record<string, Value>>): number =>
  topologicalOrder(Object.values(outputs)).reduce(
    (n, v) => n + (v.kind === 'weight' ? numel(v.shape) : 0),
    0,
  );
