/** Owns `crux search`: images by a text, with features that are computed where they are missing. */
import { type Command, Option } from 'commander';
import { clipScore } from '../../core/metrics/clip-score.ts';
import { BUILTIN } from '../../shared/built-in.ts';
import { imageSearch } from '../../shared/domain/image.ts';
import { limits } from '../../shared/limits.ts';
import { type CommandContext, finish, leaf, withGlobals } from '../command.ts';
import { usageError } from '../errors.ts';
import { addFilter, type FilterValues, filterOf } from '../filter-options.ts';
import { count, table } from '../format.ts';
import type { Values } from '../job-command.ts';
import { runJob } from '../run-job.ts';
import { parserFor } from '../schema-options.ts';
import { withSession } from '../session.ts';

type SearchValues = Values & FilterValues & { model?: string; count?: number };

const mostShown = 20;

export function search(parent: Command, context: CommandContext): void {
  const command = leaf(
    parent,
    'search <dataset> <text>',
    'list the images that are most like a text, by a CLIP that reads both',
  )
    .option('--model <value>', `the CLIP (name or id; default: ${BUILTIN.clip})`)
    .addOption(
      new Option('--count <n>', `images to list at most (default: ${mostShown})`).argParser(
        parserFor(imageSearch.shape.count),
      ),
    );
  withGlobals(addFilter(command)).action((name: string, text: string, values: SearchValues) =>
    finish(context, values.json === true, async () => {
      if (text.trim() === '') throw usageError('the text is empty; say what the images show');
      return await withSession(context.io, values, async (session) => {
        const dataset = session.dataset(name);
        const modelId = session.modelId(values.model ?? BUILTIN.clip);
        const chosen = new Set(session.imageIds(dataset, filterOf(values, dataset, session)));
        const look = () => session.imagesLike(dataset, { modelId, text, count: limits.found });
        let found = await look();
        if (found.missing > 0) {
          await runJob(session, { kind: 'embed', params: { datasetId: dataset.id, modelId } });
          found = await look();
        }
        const cosineOf = new Map(found.ids.map((id, i) => [id, found.cosines[i]]));
        const ids = found.ids.filter((id) => chosen.has(id)).slice(0, values.count ?? mostShown);
        const images = session.images(ids).map(({ id, path, className, origin, difficulty }) => {
          const cosine = cosineOf.get(id)!;
          return { id, path, className, origin, difficulty, cosine, clipScore: clipScore(cosine) };
        });
        return {
          data: {
            command: 'search',
            dataset: { id: dataset.id, name },
            modelId,
            text,
            withoutFeatures: found.missing,
            images,
          },
          lines: [
            ...table(
              ['cosine', 'CLIPScore', 'class', 'difficulty', 'image'],
              images.map((image) => [
                image.cosine,
                image.clipScore,
                image.className,
                image.difficulty,
                image.path,
              ]),
            ),
            ...(found.missing > 0
              ? [`${count(found.missing, 'image')} without features: the files could not be read`]
              : []),
          ],
        };
      });
    }),
  );
}
