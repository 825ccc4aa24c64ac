/**
 * Owns the trial of one execution provider (argument: its name), in a process of its own: a small matrix product
 * on that provider and on the CPU. Prints { maxAbsDiff, ms } or ends with the reason on standard error.
 */
import { encodeGraph } from '../../core/graph/emit.ts';
import { matmul, relu } from '../../core/graph/functions.ts';
import { input } from '../../core/graph/value.ts';
import { randn, rngFromSeed } from '../../core/rng.ts';
import { openSession, type Provider } from '../runtime/runtime.ts';

const SIZE = 128;

async function run(provider: Provider): Promise<{ data: Float32Array; ms: number }> {
  const x = input('x', [SIZE, SIZE]);
  const w = input('w', [SIZE, SIZE]);
  const { bytes } = encodeGraph({ y: relu(matmul(x, w)) });
  const rng = rngFromSeed(1, 'probe');
  const dims = [SIZE, SIZE];
  const feeds = {
    x: { dims, data: randn(SIZE * SIZE, rng) },
    // Scaled so that results are of size 1 and a difference means the same for every size.
    w: { dims, data: randn(SIZE * SIZE, rng).map((v) => v / Math.sqrt(SIZE)) },
  };
  const session = await openSession(bytes, { provider, threads: 1 });
  await session.run(feeds); // compiles
  const start = performance.now();
  const { y } = await session.run(feeds);
  const ms = performance.now() - start;
  return { data: Float32Array.from(y.data as Float32Array), ms };
}

try {
  const provider = process.argv[2] as Provider;
  const wanted = await run('cpu');
  const got = provider === 'cpu' ? wanted : await run(provider);
  let maxAbsDiff = 0;
  got.data.forEach((v, i) => {
    const diff = Math.abs(v - wanted.data[i]);
    if (!(diff <= maxAbsDiff)) maxAbsDiff = diff; // also takes NaN
  });
  process.stdout.write(JSON.stringify({ maxAbsDiff, ms: got.ms }), () => process.exit(0));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  // ONNX Runtime puts its source line, function and condition before what it has to say.
  const said = message.replace(/\s*\n\s*/g, ' ').replace(/^\S+\.(?:cc|h):\d+ .* was false\. /, '');
  process.stderr.write(`${said}\n`, () => process.exit(1));
}
