/**
 * Owns the command line of the measurements: `npm run bench -- catalog|graph|unet|fit [options]`. Each prints Markdown tables
 * for docs/benchmarks.md, with the machine named, and its progress on standard error.
 */
import { benchCatalog } from './bench/catalog.ts';
import { benchFit } from './bench/fit.ts';
import { benchGraph } from './bench/graph.ts';
import { benchUnet } from './bench/unet.ts';

const commands: Record<string, (args: string[]) => void | Promise<void>> = {
  catalog: benchCatalog,
  graph: benchGraph,
  unet: benchUnet,
  fit: benchFit,
};

const [name, ...args] = process.argv.slice(2);
const command = commands[name];
if (!command) {
  console.error(`bench: wanted one of ${Object.keys(commands).join(', ')}, got ${name ?? 'nothing'}`);
  process.exit(2);
}
await command(args);
