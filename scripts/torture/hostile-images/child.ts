/**
 * Owns the reading of spoilt pictures in a process of its own, as an import does it, so that a decoder that crashes is
 * seen as one. Arguments: files. Prints `begin` and one JSON line for each: what became of it.
 */
import { examineImage, UnreadableImage } from '../../../src/main/images/decode.ts';

for (const file of process.argv.slice(2)) {
  process.stdout.write(`${JSON.stringify({ begin: file })}\n`);
  const from = performance.now();
  const outcome = await examineImage(file, null).then(
    ({ width, height }) => ({ read: `${width}x${height}` }),
    (error: unknown) =>
      error instanceof UnreadableImage ? { refused: error.reason } : { fault: String(error) },
  );
  const ms = Math.round(performance.now() - from);
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  process.stdout.write(`${JSON.stringify({ file, ...outcome, ms, peakMiB })}\n`);
}
