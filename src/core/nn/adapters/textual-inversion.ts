/**
 * Owns learned token embeddings (textual inversion, Gal et al. 2022): reading and writing their tensors. A concept is
 * one or more vectors of the text encoder's width; a prompt names it by its token.
 */
import { constant, type Value } from '../../graph/value.ts';
import type { ClipTokenizer } from '../../tokenizer/clip-bpe.ts';
import type { Matrix } from './lora-adapter.ts';

export interface LearnedToken {
  /** What a prompt says. */
  token: string;
  /** [vectors,width]: a token may stand for several, one after the other. */
  vectors: Matrix;
}

/** What the tensor is called in files that hold one concept and leave its token to the person. */
const ONE_CONCEPT = 'emb_params';
const oneConcept = /^(emb_params|string_to_param\.\*)$/;

/** How a LoRA file keeps learned tokens: under the token itself, or, as kohya bundles them, under the word for it. */
const ownToken = /^<[^<>]+>$/;
const bundled = /^bundle_emb\.(.+)\.(?:string_to_param\.\*|emb_params|clip_l)$/;

/** Whether a key of a LoRA file is that of a learned token. */
export const isTokenKey = (key: string): boolean => ownToken.test(key) || bundled.test(key);

type Shapes = ReadonlyMap<string, { shape: readonly number[] }>;

/** Of the text encoders CLIP ViT-L, OpenCLIP ViT-H and ViT-bigG. */
const TEXT_WIDTHS = [768, 1024, 1280];
/** Places of a prompt between its start and its end. */
const MOST_VECTORS = 75;

const isVectors = (shape: readonly number[]): boolean =>
  TEXT_WIDTHS.includes(shape.at(-1)!) &&
  (shape.length === 1 || (shape.length === 2 && shape[0] <= MOST_VECTORS));

/** As tensors of a network are called. A number between dots may be a version in the name of a file's one token: v1.5.cat. */
function ofLayer(name: string, file: Shapes): boolean {
  if (isTokenKey(name)) return false;
  if (/\.(weight|bias|running_mean|running_var)$/.test(name)) return true;
  return /\.\d+\./.test(name) && !(file.size === 1 && isVectors(file.get(name)!.shape));
}

/** Whether the tensor `name` of a file that holds nothing but learned tokens may be one. */
export function mayBeToken(name: string, file: Shapes): boolean {
  const { shape } = file.get(name)!;
  return (shape.length === 1 || shape.length === 2) && !/\s/.test(name) && !ofLayer(name, file);
}

/** A file of learned tokens holds a few. */
const MOST_TOKENS = 32;

/** @throws where a file that is no LoRA holds something else than learned tokens: by names and shapes alone. */
export function requireTokens(tensors: Shapes): void {
  const layer = [...tensors.keys()].find((name) => ofLayer(name, tensors));
  const widths = [...new Set([...tensors.values()].map(({ shape }) => shape.at(-1)))];
  const wrong =
    layer !== undefined
      ? `tensor ${layer} is of a network's layer, not a learned token`
      : tensors.size > MOST_TOKENS
        ? `${tensors.size} tensors are too many for learned tokens, expected at most ${MOST_TOKENS}`
        : widths.length > 1
          ? `its tensors have widths ${widths.join(', ')}, but the learned tokens of a model have one`
          : null;
  if (wrong) throw new Error(`${wrong}; choose an embedding file (textual inversion), or a whole model`);
}

/**
 * Learned tokens of a file: one tensor `emb_params` [vectors,width], called by `fallbackToken`, or tensors named by
 * their tokens, `<token>` [width] or [vectors,width], or those that a LoRA bundles, `bundle_emb.<word>...`. Other tensors
 * of a LoRA beside them are left to readLora.
 * @param alone the file holds nothing else, so that any name of a tensor is a token.
 */
export function readLearnedTokens(
  tensors: ReadonlyMap<string, Matrix>,
  fallbackToken: string,
  alone: boolean,
): LearnedToken[] {
  const out: LearnedToken[] = [];
  for (const [name, { shape, data }] of tensors) {
    const token = bundled.exec(name)?.[1] ?? (oneConcept.test(name) ? fallbackToken : name);
    if (!alone && !isTokenKey(name)) continue;
    const rows = shape.length === 1 ? [1, ...shape] : shape;
    if (!mayBeToken(name, tensors) || token === '') {
      throw new Error(
        `tensor ${name} [${shape}] is no learned token; expected ${ONE_CONCEPT} [vectors,width], or a tensor [width] or [vectors,width] named by its token`,
      );
    }
    out.push({ token, vectors: { shape: rows, data } });
  }
  return out;
}

/** As diffusers reads it: one tensor, named by the token; [width] where it is a single vector. */
export function writeLearnedToken({ token, vectors }: LearnedToken): Map<string, Matrix> {
  const [count, width] = vectors.shape;
  return new Map([[token, { shape: count === 1 ? [width] : [count, width], data: vectors.data }]]);
}

/** The vectors of all tokens one below the other, f32[m,width], as rows after the vocabulary; null: none. */
export function learnedRows(tokens: readonly LearnedToken[], config: { hidden_size: number }): Value | null {
  if (tokens.length === 0) return null;
  const width = config.hidden_size;
  for (const { token, vectors } of tokens) {
    if (vectors.shape[1] !== width) {
      throw new Error(
        `token ${token}: vectors of ${vectors.shape[1]} numbers, the text encoder has ${width}; was it learned on another model?`,
      );
    }
  }
  const all = tokens.flatMap(({ vectors }) => [...vectors.data]);
  return constant(all, [all.length / width, width]);
}

/**
 * A tokenizer that gives each learned token, wherever it stands in a text, the ids of its vectors: they go on after
 * the `vocabSize` rows of the text encoder's table, in order.
 */
export function withLearnedTokens(
  base: ClipTokenizer,
  tokens: readonly LearnedToken[],
  vocabSize: number,
): ClipTokenizer {
  const ids = new Map<string, number[]>();
  let next = vocabSize;
  for (const { token, vectors } of tokens) {
    if (ids.has(token))
      throw new Error(`token ${token} is there twice; name one of the embeddings otherwise`);
    ids.set(
      token,
      Array.from({ length: vectors.shape[0] }, () => next++),
    );
  }
  return base.with(ids);
}
