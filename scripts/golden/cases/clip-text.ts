/** Owns the checks of a text tower: hidden states, pooled state, loss, and the gradient of the embeddings. */
import { backward } from '../../../src/core/graph/backward.ts';
import * as f from '../../../src/core/graph/functions.ts';
import { input, type Value } from '../../../src/core/graph/value.ts';
import { clipText, clipTextConfig, clipTextFromEmbeddings } from '../../../src/core/nn/clip-text.ts';
import { layerNorm } from '../../../src/core/nn/layers.ts';
import { paramsOf } from '../../../src/core/nn/params.ts';
import type { OracleCase, OracleTensor } from '../case.ts';
import { same, statement } from '../compare.ts';
import {
  against,
  type CaseRun,
  evaluate,
  type Feeds,
  feed,
  feedIntegers,
  type GoldenOptions,
  leftOver,
  openNetwork,
  partlyTrainable,
} from '../graph.ts';

export function clipTextCase(c: OracleCase, options: GoldenOptions): CaseRun {
  const { config, weights } = openNetwork(c, 'model.safetensors', clipTextConfig);
  const io = c.tensors('io.safetensors');
  const ids = io.get('input_ids');
  const source = partlyTrainable(weights.table, new Set());
  const p = paramsOf(source);

  const states = {
    name: 'hidden states and gradient',
    async run() {
      const [n, length] = ids.shape;
      const table = p.at('text_model.embeddings.token_embedding');
      const tokens = f.gather(
        table.get('weight', [config.vocab_size, config.hidden_size]),
        input('input_ids', [n, length], 'i64'),
      );
      const hidden = clipTextFromEmbeddings(p, config, tokens);
      const last = hidden.at(-1)!;
      const feeds: Feeds = { input_ids: feedIntegers(ids) };
      const known: Record<string, () => Value> = {
        last_hidden_state: () => last,
        // The tower's last layer norm on the state before the last block.
        penultimate_after_final_ln: () =>
          layerNorm(
            p.at('text_model').at('final_layer_norm'),
            hidden[hidden.length - 3],
            config.layer_norm_eps,
          ),
        pooler_output: () => {
          const rows = f.reshape(last, [n * length, config.hidden_size]);
          feeds.pooled = feedIntegers(pooledRows(ids));
          return f.gather(rows, input('pooled', [n], 'i64'));
        },
        loss: () => loss(),
        'grad.inputs_embeds': () => backward(loss(), [tokens])[0],
      };
      let value: Value | undefined;
      const loss = () => {
        feeds.target = feed(io.get('target'));
        value ??= f.mseLoss(last, input('target', last.shape));
        return value;
      };
      hidden.slice(0, -1).forEach((state, i) => {
        known[`hidden_states.${i}`] = () => state;
      });
      const outputs = Object.fromEntries(
        io
          .names()
          .filter((name) => known[name])
          .map((name) => [name, known[name]()]),
      );
      return against(options, c, io)(await evaluate(options, outputs, feeds, weights));
    },
  };

  /** Other sequences, `<prefix>.input_ids` with `<prefix>.last_hidden_state`. */
  const others = io
    .names()
    .filter((name) => name.endsWith('.input_ids'))
    .map((name) => ({
      name: name.replace('.input_ids', ''),
      async run() {
        const given = io.get(name);
        const out = clipText(p, config, input('ids', given.shape, 'i64'));
        const outputs = { [name.replace('input_ids', 'last_hidden_state')]: out };
        const got = await evaluate(options, outputs, { ids: feedIntegers(given) }, weights);
        return against(options, c, io)(got);
      },
    }));

  const listed = {
    name: 'ids and parameters',
    async run() {
      const checks = [statement('parameters: none left over', leftOver(weights.table, source.asked))];
      if (c.has('input_ids.json')) {
        const json = c.json('input_ids.json');
        const rows: number[] = (Array.isArray(json) ? json : json.input_ids).flat(3);
        checks.push(same('input_ids.json', ids.data, rows));
      }
      return checks;
    },
  };
  return { parts: [states, ...others, listed] };
}

/** The first position of the highest id (the end token) in each row, as an index into all positions. */
function pooledRows(ids: OracleTensor): OracleTensor {
  const [n, length] = ids.shape;
  const at = Float32Array.from({ length: n }, (_, row) => {
    const tokens = ids.data.subarray(row * length, (row + 1) * length);
    return row * length + tokens.indexOf(Math.max(...tokens));
  });
  return { shape: [n], data: at };
}
