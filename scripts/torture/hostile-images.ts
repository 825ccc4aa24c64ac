/** Owns the attack by pictures: whole ones of every format, cut, flipped, with headers that lie, and spliced. */
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Rng } from '../../src/core/rng.ts';
import type { CampaignContext, Outcome } from './frame/campaign.ts';
import { type Whole, wholePictures } from './hostile-images/pictures.ts';

/** MiB that a process may take that reads one picture after another; the limits allow one of 100 megapixels. */
const MOST_MIB = 1500;
/** A picture that takes longer holds an import up. */
const MOST_MS = 30_000;
/** Pictures that one process reads. */
const BATCH = 40;
/** So many bytes at the end of a file may be padding; a cut takes more. */
const PADDING = 64;

interface Attack {
  name: string;
  bytes: Buffer;
  /** It may not be read: part of the picture is missing. */
  incomplete: boolean;
}

export default {
  name: 'hostile-images',
  title: 'Hostile images',
  means: `Whole pictures of JPEG, PNG, GIF, WebP, TIFF, AVIF and BMP are cut at random (half of the JPEG and GIF files with an
end marker behind the cut), get flipped bytes, numbers in their headers that lie, or the end of another file, and are read as
an import reads them. Survived is a file that is read or refused in words within ${MOST_MS / 1000} s and ${MOST_MIB} MiB by a process that
lives on; a picture that was cut must be refused.`,
  async run(ctx: CampaignContext): Promise<Outcome> {
    const from = performance.now();
    const rounds = ctx.quick ? 5 : 60;
    const outcome = { tried: 0, survived: 0, failed: [] as string[] };
    const wholes = await wholePictures(ctx.rng);
    let refused = 0;
    for (let round = 0; round < rounds; round++) {
      ctx.signal.throwIfAborted();
      const attacks = wholes.flatMap((whole) => spoil(whole, wholes, ctx.rng));
      const folder = join(ctx.folder, `round-${round}`);
      mkdirSync(folder);
      for (const { name, bytes } of attacks) writeFileSync(join(folder, name), bytes);
      const seen = await readAll(folder, attacks, ctx.signal);
      for (const attack of attacks) {
        const fault = faultOf(attack, seen.get(attack.name));
        outcome.tried += 1;
        if (seen.get(attack.name)?.refused !== undefined) refused += 1;
        if (fault === null) outcome.survived += 1;
        else outcome.failed.push(`round ${round}, ${attack.name}: ${fault}`);
      }
      rmSync(folder, { recursive: true });
      ctx.progress(round + 1, rounds);
    }
    return {
      ...outcome,
      seconds: (performance.now() - from) / 1000,
      notes: `${refused} were refused in words, ${outcome.tried - refused} read (a flipped byte may leave a whole picture).`,
    };
  },
};

function spoil(whole: Whole, wholes: readonly Whole[], rng: Rng): Attack[] {
  const { name, bytes, animated } = whole;
  const end = endOf(name);
  const at = Math.floor(rng.uniform() * Math.max(1, bytes.length - PADDING));
  const cut = bytes.subarray(0, at);
  const flipped = Buffer.from(bytes);
  for (let n = 1 + rng.int(8); n > 0; n--) flipped[rng.int(flipped.length)] ^= 1 + rng.int(255);
  const lying = Buffer.from(bytes);
  const place = 2 + rng.int(60);
  lying.writeUInt16BE(rng.int(0x10000), Math.min(place, lying.length - 2));
  const other = wholes[rng.int(wholes.length)].bytes;
  const spliced = Buffer.concat([cut, other.subarray(rng.int(other.length))]);
  const incomplete = !animated;
  return [
    { name: `cut-${name}`, bytes: cut, incomplete },
    ...(end ? [{ name: `ended-${name}`, bytes: Buffer.concat([cut, end]), incomplete }] : []),
    { name: `flipped-${name}`, bytes: flipped, incomplete: false },
    { name: `lying-${name}`, bytes: lying, incomplete: false },
    { name: `spliced-${name}`, bytes: spliced, incomplete: false },
  ];
}

/** What ends a whole file of this format, as its writer would have written it. */
function endOf(name: string): Buffer | null {
  if (name.endsWith('.jpg')) return Buffer.from([0xff, 0xd9]);
  return name.endsWith('.gif') ? Buffer.from([0, 0x3b]) : null;
}

interface Seen {
  read?: string;
  refused?: string;
  fault?: string;
  ms: number;
  peakMiB: number;
}

function faultOf({ incomplete }: Attack, seen: Seen | undefined): string | null {
  if (seen === undefined) return 'the process that read it died';
  if (seen.fault !== undefined) return `an error without words: ${seen.fault}`;
  if (incomplete && seen.read !== undefined) return `read as ${seen.read} though part of it is missing`;
  if (seen.refused !== undefined && !/^[a-zA-Z].{3,200}$/.test(seen.refused))
    return `refused as "${seen.refused}"`;
  if (seen.ms > MOST_MS) return `took ${seen.ms} ms`;
  return seen.peakMiB > MOST_MIB ? `took ${seen.peakMiB} MiB` : null;
}

/** Reads the files in processes of their own; one that dies is followed by another that begins behind the file. */
async function readAll(
  folder: string,
  attacks: readonly Attack[],
  signal: AbortSignal,
): Promise<Map<string, Seen>> {
  const seen = new Map<string, Seen>();
  for (let left = attacks.map(({ name }) => name); left.length > 0; ) {
    signal.throwIfAborted();
    const batch = left.slice(0, BATCH);
    const lines = await child(
      batch.map((name) => join(folder, name)),
      signal,
    );
    let begun = 0;
    for (const { begin, file, ...rest } of lines) {
      if (begin !== undefined) begun += 1;
      if (file !== undefined) seen.set(basename(file), rest);
    }
    left = left.slice(Math.max(1, begun));
  }
  return seen;
}

type Line = Seen & { begin?: string; file?: string };

const child = (files: readonly string[], signal: AbortSignal): Promise<Line[]> =>
  new Promise((resolve) => {
    const entry = join(import.meta.dirname, 'hostile-images/child.ts');
    const limits = { maxBuffer: 1 << 26, timeout: BATCH * MOST_MS, signal };
    execFile(process.execPath, [entry, ...files], limits, (_error, stdout) =>
      resolve(
        stdout
          .split('\n')
          .filter((line) => line.startsWith('{') && line.endsWith('}'))
          .map((line) => JSON.parse(line) as Line),
      ),
    );
  });
