/** Owns the list of what was trained on a dataset: settings, figures, and the way to look at each again. */
import { Button } from '@mantine/core';
import type { Dataset } from '../../shared/domain/dataset.ts';
import { useRequest } from '../queries.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { Term } from '../ui/fields.tsx';
import { score, when } from '../ui/format.ts';
import { encoderWords, stepsOf, type Trained } from './trained.ts';

interface Props {
  dataset: Dataset;
  models: readonly Trained[];
  /** The job whose curve and pictures are shown above. */
  shown: number | null;
  onShow: (jobId: number) => void;
}

export function TrainedModels({ dataset, models, shown, onShow }: Props) {
  const { data: checks = [] } = useRequest('control.list', { datasetId: dataset.id });
  const show = useStore((state) => state.show);
  const controlOf = (modelId: string) =>
    checks.find(({ report }) => report?.adapter.id === modelId)?.report?.spearman.trainingScorer ?? null;
  return (
    <div className="panel train-panel">
      <div className="panel-head">
        Trained on this dataset
        <span className="spacer" />
        <Button onClick={() => show('control')}>Check control…</Button>
        <Button onClick={() => show('generate')}>Generate…</Button>
      </div>
      <div className="train-models">
        <table className="data">
          <thead>
            <tr>
              <th>Model</th>
              <th className="right">Steps</th>
              <th className="right">
                <Term help="How wrong the noise was told at the end, averaged over the last steps. It can only be compared between trainings with the same images, base model and min-SNR weighting.">
                  Loss
                </Term>
              </th>
              <th className="right">
                <Term help="How well measured difficulty follows the requested one, from the newest check on the Control screen: 1 is in perfect order, 0 not at all.">
                  Control
                </Term>
              </th>
              <th className="right">Rank</th>
              <th>Difficulty encoder</th>
              <th className="right">Batch</th>
              <th>When</th>
            </tr>
          </thead>
          <tbody>
            {models.map((one) => {
              const { model, job, params } = one;
              const loss = job?.result?.loss;
              return (
                <tr
                  key={model.id}
                  data-testid={testIds.trainModelRow}
                  data-model-id={model.id}
                  aria-selected={job !== null && job.id === shown}
                >
                  <td>
                    {job ? (
                      <button
                        type="button"
                        className="train-model-name"
                        title="Show its curve and pictures"
                        onClick={() => onShow(job.id)}
                      >
                        {model.name}
                      </button>
                    ) : (
                      model.name
                    )}
                    {model.problem && <div className="field-error">{model.problem}</div>}
                  </td>
                  <td className="right num">{stepsOf(one)}</td>
                  <td className="right num">{loss?.toFixed(4) ?? '–'}</td>
                  <td className="right num">{model.kind === 'lora' ? '' : score(controlOf(model.id))}</td>
                  <td className="right num">{params?.rank ?? '–'}</td>
                  <td className="muted">{params ? encoderWords(params) : model.summary}</td>
                  <td className="right num">{params ? params.batchSize * params.accumulation : '–'}</td>
                  <td className="muted num">{when(model.createdAt)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </div>
  );
}
