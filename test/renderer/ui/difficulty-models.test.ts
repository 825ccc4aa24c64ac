import { expect, it } from 'vitest';
import { models } from '../../../src/renderer/dev/fake-data.ts';
import { difficultyModels } from '../../../src/renderer/ui/difficulty-models.ts';

it("a dataset's own difficulty models come before those added from elsewhere; another dataset's do not come", () => {
  const one = models.find(({ kind }) => kind === 'difficulty-adapter')!;
  const of = (id: string, datasetId: number | null, createdAt: number) => ({
    ...one,
    id,
    datasetId,
    createdAt,
  });
  const list = [of('added', null, 9), of('old', 1, 1), of('new', 1, 2), of('other', 2, 8)];
  const lora = { ...of('lora', 1, 3), kind: 'lora' as const };
  const gone = { ...of('gone', 1, 4), usable: false };
  expect(difficultyModels([...list, lora, gone], 1).map(({ id }) => id)).toEqual(['new', 'old', 'added']);
});
