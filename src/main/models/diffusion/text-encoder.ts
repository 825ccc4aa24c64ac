/** Owns a compiled text encoder as its users see it, whatever its weights are stored in. */
import type { ClipTokenizer } from '../../../core/tokenizer/clip-bpe.ts';

export interface TextEncoder {
  /** i32[length] token ids -> f32[length,width]; each distinct sequence is computed once. */
  states(ids: Int32Array): Promise<Float32Array>;
  /** f32[length,width] of a plain prompt, its end cut where it does not fit. */
  encode(prompt: string): Promise<{ states: Float32Array; truncated: boolean }>;
  close(): Promise<void>;
}

export function textEncoder(
  tokenizer: ClipTokenizer,
  length: number,
  session: { run(ids: Int32Array): Promise<Float32Array>; close(): Promise<void> },
): TextEncoder {
  const known = new Map<string, Float32Array>();
  const states = async (ids: Int32Array): Promise<Float32Array> => {
    const key = ids.join();
    const cached = known.get(key);
    if (cached) return cached;
    const computed = await session.run(ids);
    known.set(key, computed);
    return computed;
  };
  return {
    states,
    async encode(prompt) {
      const { ids, truncated } = tokenizer.encode(prompt, { maxLength: length });
      return { states: await states(ids), truncated };
    },
    close: () => session.close(),
  };
}
