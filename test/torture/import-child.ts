/**
 * The child of torture.test.ts: finds and fully decodes every image of a folder, as an import does, four at a time, and
 * prints one JSON line: what became of each file, the peak memory and the time. A process of its own, so that a
 * crash in a decoder is seen as one, and so that the memory is that of the import alone.
 */
import { join } from 'node:path';
import { type FoundImage, scanImageFolder } from '../../src/main/datasets/scan.ts';
import { hashFile } from '../../src/main/files/hash.ts';
import { decodeRgb, examineImage, UnreadableImage } from '../../src/main/images/decode.ts';

const [root, thumbnails] = process.argv.slice(2);
const started = performance.now();
const found: FoundImage[] = [];
const listed: Record<string, string> = {};
const decoded: Record<string, { size: string; format: string; label: string | null; mean: number[] }> = {};

const result = await scanImageFolder(root, {
  onFound: (image) => void found.push(image),
  onSkipped: ({ relativePath, reason }) => {
    listed[relativePath] = reason;
  },
});

let next = 0;
async function worker(): Promise<void> {
  for (let i = next++; i < found.length; i = next++) {
    const { file, relativePath, label } = found[i];
    try {
      const image = await examineImage(file, { out: join(thumbnails, `${i}.webp`) });
      const { width, height } = image;
      const rgb = await decodeRgb(file, { width, height, fit: 'fill' });
      if (rgb.pixels.length !== width * height * 3)
        throw new Error(`${relativePath}: ${rgb.pixels.length} bytes`);
      if ((await hashFile(file)) !== image.sha256) throw new Error(`${relativePath}: two hashes`);
      decoded[relativePath] = {
        size: `${width}x${height}`,
        format: image.format,
        label,
        mean: mean(rgb.pixels),
      };
    } catch (error) {
      // Anything but a refusal in words is a failure of ours: it ends the process, and the test with it.
      if (!(error instanceof UnreadableImage)) throw error;
      listed[relativePath] = error.reason;
    }
  }
}
await Promise.all([1, 2, 3, 4].map(worker));

function mean(pixels: Uint8Array): number[] {
  const sum = [0, 0, 0];
  for (let i = 0; i < pixels.length; i++) sum[i % 3] += pixels[i];
  return sum.map((s) => Math.round((s * 30) / pixels.length) / 10);
}

const seconds = (performance.now() - started) / 1000;
const peakMiB = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ result, decoded, listed, seconds, peakMiB })}\n`);
