/** Owns the text tower of a CLIP whose folder holds both towers: its config, its tokenizer, and running it. */
import { input } from '../../core/graph/value.ts';
import { type ClipConfig, clipConfig, clipTextEmbedding, clipTextFeeds } from '../../core/nn/clip.ts';
import { frozenSource, type Params, paramsOf } from '../../core/nn/params.ts';
import type { ClipTokenizer } from '../../core/tokenizer/clip-bpe.ts';
import { openGraph } from '../runtime/open-graph.ts';
import type { RuntimeOptions, Session } from '../runtime/runtime.ts';
import { holdsTokenizer, openClipTokenizer } from './diffusion/tokenizer-folder.ts';
import type { TextTower } from './encoder.ts';
import { readTensors, type StoredPart } from './stored-part.ts';

export interface ClipText {
  config: ClipConfig;
  tokenizer: ClipTokenizer;
}

/** Texts that are computed at a time. */
const BATCH = 32;

/** A folder as transformers saved it: config.json, and its parameters. */
interface Saved {
  json: unknown;
  folder: string;
  shapes: { has(parameter: string): boolean };
}

/** Of a CLIP's folder; a string says why its texts are not read, while its images may be. */
export function clipTextOf({ json, folder, shapes }: Saved): ClipText | string {
  if (!shapes.has('text_projection.weight')) return 'it holds the image tower alone';
  if (!shapes.has('visual_projection.weight') || !shapes.has('logit_scale'))
    return 'visual_projection or logit_scale is missing among its parameters';
  if (!holdsTokenizer(folder))
    return 'its folder holds no tokenizer (tokenizer.json, or vocab.json and merges.txt); put it there';
  try {
    const config = clipConfig(json);
    const tokenizer = openClipTokenizer(folder);
    const { highestId, special } = tokenizer;
    if (highestId >= config.text.vocab_size)
      return `its tokenizer has a token of id ${highestId}, but config.json a vocab_size of ${config.text.vocab_size}`;
    if (config.endToken !== null && config.endToken !== special.end)
      return `eos_token_id is ${config.endToken} in config.json, but ${special.end} in its tokenizer`;
    return { config, tokenizer };
  } catch (error) {
    return (error as Error).message;
  }
}

/** Of its logarithm: what is beyond would overflow a softmax. */
const MOST_SCALE = 20;

/** The graph of `n` texts. */
export function clipTextGraph(p: Params, { config }: ClipText, n: number) {
  const ids = input('ids', [n, config.text.max_position_embeddings], 'i64');
  return clipTextEmbedding(p, config, ids, input('rows', [n], 'i64'));
}

/** A session for each number of texts, at most two: full batches and the rest. */
export function openClipText(
  part: StoredPart<unknown>,
  text: ClipText,
  runtime: RuntimeOptions,
): TextTower & { close(): Promise<void> } {
  const { config, tokenizer } = text;
  const length = config.text.max_position_embeddings;
  const dim = config.vision.projection_dim;
  const sessions = new Map<number, Session>();
  const sessionFor = async (n: number): Promise<Session> => {
    const known = sessions.get(n);
    if (known) return known;
    const features = clipTextGraph(paramsOf(frozenSource(part.table)), text, n);
    const session = await openGraph({ features }, runtime, part);
    sessions.set(n, session);
    return session;
  };
  const [scale] = readTensors(part, ['logit_scale']).get('logit_scale')!.data;
  if (Math.abs(scale) > MOST_SCALE)
    throw new Error(`${part.file}: logit_scale is ${scale}, expected about 4.6 as CLIPs have it`);
  return {
    logitScale: Math.exp(scale),
    async embed(texts) {
      const all = new Float32Array(texts.length * dim);
      for (let at = 0; at < texts.length; at += BATCH) {
        const some = texts.slice(at, at + BATCH);
        const tokens = some.map((words) => tokenizer.encode(words, { maxLength: length }).ids);
        const { features } = await (await sessionFor(some.length)).run(clipTextFeeds(config, tokens));
        all.set(features.data as Float32Array, at * dim);
      }
      return all;
    },
    async close() {
      for (const session of sessions.values()) await session.close();
      sessions.clear();
    },
  };
}
