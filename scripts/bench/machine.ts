/** Owns what a table of measurements says of the machine, and the shape of that table. */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';

export function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  const runtime = JSON.parse(
    readFileSync(new URL('../../node_modules/onnxruntime-node/package.json', import.meta.url), 'utf8'),
  ) as { version: string };
  return (
    `${availableParallelism()} cores (${cpus()[0].model}), ${memory} GiB of memory, ${process.platform}, ` +
    `Node ${process.versions.node}, ONNX Runtime ${runtime.version}`
  );
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export const milliseconds = (ms: number | undefined): string => {
  if (ms === undefined) return '';
  return ms < 1000 ? `${ms.toFixed(ms < 10 ? 1 : 0)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
};

export const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

export const median = (x: readonly number[]): number => [...x].sort((a, b) => a - b)[x.length >> 1];

/** What the system counted as this process's most. */
export function peakBytes(): number {
  const status = '/proc/self/status'; // Linux: without what the parent had, which maxRSS may include
  const line = existsSync(status) && /VmHWM:\s+(\d+) kB/.exec(readFileSync(status, 'utf8'));
  return 1024 * (line ? Number(line[1]) : process.resourceUsage().maxRSS);
}
