/** Owns sessions: turns model bytes into one on one provider and runs it on plain typed arrays. */
import { requireFinite } from '../../core/finite.ts';
import { numberToHalf } from '../files/float-formats.ts';
import { requireFitOnnx } from './onnx-file.ts';
import { type InferenceSession, type OnnxRuntime, type OrtTensor, onnxRuntime } from './onnx-runtime.ts';

export type Provider = 'cpu' | 'cuda' | 'dml' | 'webgpu';

export interface RuntimeOptions {
  provider: Provider;
  /** Threads inside one operator; 0: the runtime's choice. */
  threads: number;
  /** The user's setting: what every session is opened with unless its own options say otherwise. */
  lowMemory?: boolean;
  /** The user's setting: generation may compute in half precision (open-graph.ts says where). */
  halfPrecision?: boolean;
  /** The sessions that are open, where their owner wants to know: a job that fails closes what it left. */
  opened?: Set<Session>;
}

export type Tensor =
  | { dims: readonly number[]; data: Float32Array }
  | { dims: readonly number[]; data: Int32Array }
  | { dims: readonly number[]; data: Uint8Array }
  | { dims: readonly number[]; data: BigInt64Array };

/** What a model says of one of its inputs or outputs. */
export interface ValueInfo {
  name: string;
  /** ONNX Runtime's name: float32, float16, int64 ... */
  type: string;
  /** null: free, or not said. */
  shape: readonly (number | null)[];
  /** What the file calls each free axis; '' where it has no name. */
  axes: readonly string[];
}

export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /**
   * Runs the whole graph, or only what `outputs` needs. Blocks this thread until it is done. Floats go in and come out as
   * float32, whatever width the model has.
   */
  run(inputs: Record<string, Tensor>, outputs?: readonly string[]): Promise<Record<string, Tensor>>;
  close(): Promise<void>;
}

export interface SessionOptions {
  /** What errors call the network; default: the model's file. */
  name?: string;
  /** A sentence on what to do where an output is not finite. */
  remedy?: string;
  /** Folder that external initializers' `location` is relative to. */
  externalFolder?: string;
  /**
   * The network is large: opening must not reorder its weights for convolutions, which takes long and a second
   * copy, and its runs must not reserve all they will need at once. A small network is faster with both.
   */
  large?: boolean;
  /**
   * Reserve at once what a run will need, from the second run on. Faster for a small network; beside what the first run
   * has taken, it doubles the memory of one with large activations. Default: unless it is `large`.
   */
  reserve?: boolean;
  /** Map the weights instead of repacking them, and give memory back after every run: slower, far less memory. */
  lowMemory?: boolean;
  /** Only to be looked at: nothing is computed in advance, nor are weights repacked. */
  asIs?: boolean;
}

/**
 * Opens a model given as bytes or as a file. Errors carry ONNX Runtime's own message. All that is computed passes here:
 * a run whose outputs are not all finite throws NotFinite, naming the network and the output.
 */
export async function openSession(
  model: Uint8Array | string,
  runtime: RuntimeOptions,
  options: SessionOptions = {},
): Promise<Session> {
  const ort = onnxRuntime();
  const session: Record<string, string> = {};
  const network = options.name ?? (typeof model === 'string' ? model : 'the network');
  const remedy = options.remedy ?? 'Export the model again, in float32, or use another.';
  const lowMemory = options.lowMemory ?? runtime.lowMemory ?? false;
  const large = options.large ?? lowMemory;
  if (options.externalFolder) session.model_external_initializers_file_folder_path = options.externalFolder;
  if (lowMemory || options.asIs) session.disable_prepacking = '1';
  const sessionOptions: InferenceSession.SessionOptions = {
    executionProviders: [runtime.provider],
    logSeverityLevel: 3,
    ...(runtime.threads > 0 ? { intraOpNumThreads: runtime.threads } : {}),
    ...(large ? { graphOptimizationLevel: 'extended' } : {}),
    ...(options.asIs ? { graphOptimizationLevel: 'disabled' } : {}),
    ...((options.reserve ?? !large) ? {} : { enableMemPattern: false }),
    ...(lowMemory ? { enableCpuMemArena: false } : {}),
    extra: { session },
  };
  if (typeof model === 'string') requireFitOnnx(model);
  // The two overloads take a path and bytes; the type of a union fits neither.
  const inner = await ort.InferenceSession.create(model as string, sessionOptions);
  const types = new Map(inner.inputMetadata.map((input) => [input.name, valueInfo(input).type]));
  const opened: Session = {
    inputNames: inner.inputNames,
    outputNames: inner.outputNames,
    inputs: inner.inputMetadata.map(valueInfo),
    outputs: inner.outputMetadata.map(valueInfo),
    async run(inputs, outputs) {
      const feeds: Record<string, OrtTensor> = {};
      for (const name of inner.inputNames) {
        const t = inputs[name];
        if (!t) throw new Error(`session: input ${name} is missing`);
        feeds[name] = toOrt(ort, t, types.get(name));
      }
      const results = await inner.run(feeds, [...(outputs ?? inner.outputNames)]);
      const out: Record<string, Tensor> = {};
      for (const [name, value] of Object.entries(results)) {
        const wide = value.type === 'float16' || value.type === 'float64';
        const data = wide ? Float32Array.from(value.data as unknown as ArrayLike<number>) : value.data;
        out[name] = { dims: value.dims, data } as Tensor;
        if (data instanceof Float32Array) requireFinite(data, `${network}: output ${name}`, remedy);
      }
      return out;
    },
    async close() {
      runtime.opened?.delete(opened);
      await inner.release();
    },
  };
  runtime.opened?.add(opened);
  return opened;
}

const valueInfo = (value: InferenceSession.ValueMetadata): ValueInfo => ({
  name: value.name,
  type: value.isTensor ? value.type : 'no tensor',
  // A free axis comes as its name, or as -1 or 0 where it has none.
  shape: value.isTensor ? value.shape.map((d) => (typeof d === 'number' && d > 0 ? d : null)) : [],
  axes: value.isTensor ? value.shape.map((d) => (typeof d === 'string' ? d : '')) : [],
});

/** @param type that the model wants, of an input that it describes */
function toOrt(ort: OnnxRuntime, t: Tensor, type: string | undefined): OrtTensor {
  if (t.data instanceof Float32Array && type === 'float16') return halfTensor(ort, t.dims, t.data);
  if (t.data instanceof Uint8Array) return new ort.Tensor('uint8', t.data, t.dims);
  if (t.data instanceof Float32Array) return new ort.Tensor('float32', t.data, t.dims);
  if (t.data instanceof Int32Array) return new ort.Tensor('int32', t.data, t.dims);
  return new ort.Tensor('int64', t.data, t.dims);
}

/**
 * ONNX Runtime 1.30 takes the Float16Array of its own tensors for one of no bytes (microsoft/onnxruntime#32323): the bits
 * go in as whole numbers, under the name of the other type.
 */
function halfTensor(ort: OnnxRuntime, dims: readonly number[], data: Float32Array): OrtTensor {
  const tensor = new ort.Tensor('uint16', Uint16Array.from(data, numberToHalf), dims);
  return Object.defineProperty(tensor, 'type', { value: 'float16' });
}
