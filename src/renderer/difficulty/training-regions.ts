/** Owns the three corners of a dataset map (Swayamdipta et al. 2020), and what a training forgot most often. */
import type { DatasetMap } from '../../shared/scorers.ts';

export interface Region {
  title: string;
  help: string;
  /** The most typical first. */
  ids: number[];
}

/** The `size` most typical images of each corner; the most often forgotten only where any was. */
export function mapRegions(map: DatasetMap, size: number): Region[] {
  const order = Array.from(map.ids.keys());
  const first = (by: (i: number) => number, among = order) =>
    [...among]
      .sort((i, j) => by(j) - by(i) || i - j)
      .slice(0, size)
      .map((i) => map.ids[i]);
  const regions: Region[] = [
    {
      title: 'Ambiguous',
      help: 'Largest variability: the training kept changing its mind.',
      ids: first((i) => map.variability[i]),
    },
    {
      title: 'Hard to learn',
      help: 'Lowest confidence: it never came to believe the label. Look for wrong labels here.',
      ids: first((i) => -map.confidence[i]),
    },
    {
      title: 'Easy to learn',
      help: 'Highest confidence: learned at once, and kept.',
      ids: first((i) => map.confidence[i]),
    },
  ];
  const forgotten = order.filter((i) => map.forgetting[i] > 0);
  if (forgotten.length > 0)
    regions.push({
      title: 'Forgotten most often',
      help: 'How often an image that had been right was wrong an epoch later (Toneva et al. 2019).',
      ids: first((i) => map.forgetting[i], forgotten),
    });
  return regions;
}
