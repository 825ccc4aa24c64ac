/**
 * Owns looking into a model, in a process of its own: a broken one may end it. Argument 1: an ONNX file, or a
 * diffusion model (folder or single .safetensors file), whose { hash } is printed. Of an ONNX file prints { inputs, outputs }; with argument 2 (an
 * OnnxClassifierFile as JSON) runs it and prints { dim }. Failures go to standard error, in one line.
 */
import { statSync } from 'node:fs';
import { openOnnxClassifier } from './models/onnx-classifier.ts';
import { onnxRuntime } from './onnx-runtime.ts';

type Metadata = { name: string; isTensor: boolean; type?: string; shape?: readonly (number | string)[] };

const describe = (values: readonly Metadata[]) =>
  values.map(({ name, type = 'other', shape = [] }) => ({
    name,
    type,
    // A free axis comes as its name, or as -1 or 0 where it has none.
    shape: shape.map((d) => (typeof d === 'number' && d > 0 ? d : null)),
  }));

try {
  const [path, file] = process.argv.slice(2);
  let result: unknown;
  if (statSync(path).isDirectory() || path.endsWith('.safetensors')) {
    const { openGenerationModel } = await import('./diffusion/generation-model.ts');
    result = { hash: await openGenerationModel(path).hash() };
  } else if (file) {
    const encoder = await openOnnxClassifier(JSON.parse(file), { provider: 'cpu', threads: 1 });
    result = { dim: encoder.dim };
    await encoder.close();
  } else {
    const session = await onnxRuntime().InferenceSession.create(path, {
      executionProviders: ['cpu'],
      logSeverityLevel: 4,
    });
    result = {
      inputs: describe(session.inputMetadata as readonly Metadata[]),
      outputs: describe(session.outputMetadata as readonly Metadata[]),
    };
    await session.release();
  }
  process.stdout.write(JSON.stringify(result), () => process.exit(0));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${message.replace(/\s*\n\s*/g, ' ')}\n`, () => process.exit(1));
}
