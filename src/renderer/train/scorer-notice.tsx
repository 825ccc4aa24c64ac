/** Owns saying, before a training, that its difficulty comes from a scorer that knows the images by heart. */
import type { Dataset } from '../../shared/domain/dataset.ts';
import { useRequest } from '../queries.ts';
import { count } from '../ui/format.ts';

export function ScorerNotice({ dataset, scorerId }: { dataset: Dataset; scorerId: number }) {
  const { data } = useRequest('scorers.calibration', { datasetId: dataset.id, scorerId });
  const learned = data?.basis === 'in-sample' ? data.images : data?.learned;
  if (!data || !learned) return null;
  return (
    <div className="notice" role="status">
      {data.scorer.name} learned from {count(learned)} of the images it judges here, and what a scorer has
      memorised it finds easy: hard images may be missing from what is learned. An out-of-fold probe judges
      each image by a probe that had not seen it.
    </div>
  );
}
