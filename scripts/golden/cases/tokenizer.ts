/** Owns the checks of a tokenizer: ids, counts and truncation of every string, exactly. */
import { openClipTokenizer } from '../../../src/main/models/diffusion/tokenizer-folder.ts';
import type { OracleCase } from '../case.ts';
import { same, statement } from '../compare.ts';
import type { CaseRun } from '../graph.ts';

interface Row {
  text: string;
  n_tokens: number;
  ids: number[];
  all_variants_agree?: boolean;
  /** What other implementations give for the same text. */
  variants?: Record<string, number[]>;
}

export function tokenizerCase(c: OracleCase): CaseRun {
  for (const file of c.files()) if (!/\.(json|txt)$/.test(file)) continue;
  const tokenizer = openClipTokenizer(c.folder);
  for (const file of ['vocab.json', 'merges.txt', 'special_tokens_map.json', 'tokenizer_config.json'])
    c.path(file);
  return {
    parts: [
      {
        name: 'ids, counts and truncation',
        async run() {
          const rows: Row[] = c.json('cases.json');
          const checks = rows.map(({ text, n_tokens, ids }) => {
            const got = tokenizer.encode(text, { maxLength: ids.length });
            const numbers = [...got.ids, got.tokens, Number(got.truncated)];
            const label = `ids, count, truncated: ${JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)}`;
            return same(label, numbers, [...ids, n_tokens, Number(n_tokens > ids.length)]);
          });
          const count: number = c.meta.count ?? rows.length;
          const wrong =
            count === rows.length ? [] : [`meta.json counts ${count}, cases.json has ${rows.length}`];
          return [...checks, statement('number of strings', wrong)];
        },
      },
    ],
  };
}
