/** Owns what a job's log says of its prompts, each thing once: syntax that is not read, what is cut, unused embeddings. */
import { asText } from '../../../core/prompts/put-in.ts';
import { syntaxes, unreadSyntax } from '../../../core/prompts/syntaxes.ts';
import { excerpt, firstFew } from '../../files/first-few.ts';
import type { JobContext } from '../../jobs/job-context.ts';
import type { AddedToken } from '../additions.ts';
import type { GenerationModel } from './generation-model.ts';
import { openPromptReader, type Reading } from './prompt-reader.ts';

/**
 * @param written prompts as the person wrote them: captions and names are no syntax.
 * @param prompts all that condition the job's images; may repeat.
 * @returns the chunks of the longest.
 */
export function tellPrompts(
  { log }: Pick<JobContext<'generate' | 'control'>, 'log'>,
  model: GenerationModel,
  reading: Reading,
  {
    written,
    prompts,
    added,
  }: { written: readonly string[]; prompts: Iterable<string>; added: readonly AddedToken[] },
): number {
  const unread = unreadSyntax(reading.promptSyntax, written);
  if (unread) log('warn', unread);
  const reader = openPromptReader(model, reading);
  const unnamed = new Set(added);
  const cut: { prompt: string; tokens: number }[] = [];
  let chunks = 1;
  for (const prompt of new Set(prompts)) {
    const read = reader.read(prompt);
    chunks = Math.max(chunks, read.chunks.length);
    if (read.cut > 0) cut.push({ prompt, tokens: read.cut });
    if (unnamed.size === 0) continue;
    const text = syntaxes[reading.promptSyntax].read(prompt).sections.flat();
    for (const one of unnamed) if (text.some((run) => run.text.includes(one.token))) unnamed.delete(one);
  }
  if (cut.length > 0) {
    const tokens = cut.reduce((sum, one) => sum + one.tokens, 0);
    const which = cut.length === 1 ? 'a prompt' : `${cut.length} prompts`;
    log(
      'warn',
      `${tokens} ${tokens === 1 ? 'token' : 'tokens'} of ${which} cut: the text encoder reads ${model.textLength} at a time, with begin and end. Shorten the prompt, or read long prompts in chunks: “${excerpt(asText(cut[0].prompt))}”`,
    );
  }
  if (unnamed.size > 0) {
    const names = [...unnamed].map(({ file, token }) => `${token} (${file})`);
    log(
      'warn',
      `no prompt names ${firstFew(names)}: such an embedding has no effect; write its token in a prompt`,
    );
  }
  return chunks;
}
