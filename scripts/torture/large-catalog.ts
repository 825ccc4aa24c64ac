/** Owns the attack by a catalog of a million images. */
import { join } from 'node:path';
import type { CampaignContext } from './frame/campaign.ts';
import { fillCatalog } from './scale/datasets.ts';
import { command, most, questions } from './scale/measure.ts';
import { count, expectSame, type Run, runSteps } from './scale/steps.ts';

export default {
  name: 'large-catalog',
  title: 'A catalog of a million images',
  means: `A catalog with a million scored images of 5,000 classes, made as rows alone, is asked what the screens ask and what
\`crux datasets list\` asks. Survived is a step whose answers fit the contract, in at most ${most.mainMiB} MiB of main. The time
of each answer is told, not judged.`,
  run: (ctx: CampaignContext) => runSteps(ctx, catalogSteps(ctx)),
};

function catalogSteps(ctx: CampaignContext): Run[] {
  const images = ctx.quick ? 50_000 : 1_000_000;
  const classes = ctx.quick ? 500 : 5000;
  const catalog = join(ctx.folder, 'large-catalog');
  const name = `${count(images)} images, ${count(classes)} classes`;
  return [
    async () => {
      fillCatalog(catalog, images, classes);
      return await questions(ctx, `${name}: the screens' questions`, catalog);
    },
    () =>
      command(ctx, {
        name: `${name}: crux datasets list`,
        args: ['datasets', 'list'],
        catalog,
        check(answer) {
          const [dataset] = answer.datasets as { images: number; classes: unknown[] }[];
          expectSame('images', dataset.images, images);
          expectSame('classes', dataset.classes.length, classes);
          return '';
        },
      }),
  ];
}
