/** Owns finding images by a text in Browse: the field, the search, and what is said where features are missing. */
import { Button, Select, TextInput } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { BUILTIN } from '../../shared/built-in.ts';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { FoundImages } from '../../shared/domain/image.ts';
import { limits } from '../../shared/limits.ts';
import { isOnnxFile } from '../../shared/model-files.ts';
import { useRequest } from '../queries.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { useEnqueue } from '../ui/feedback.tsx';
import { count } from '../ui/format.ts';

/** Enter searches: every search opens the model. */
export function LikeText() {
  const like = useStore((state) => state.like);
  const setLike = useStore((state) => state.setLike);
  const [text, setText] = useState('');
  const [modelId, setModelId] = useState<string>(BUILTIN.clip);
  useEffect(() => setText(like?.text ?? ''), [like]);
  const search = (model: string) => {
    const wanted = text.trim();
    setLike(wanted === '' ? null : { text: wanted, modelId: model });
  };
  return (
    <div>
      <TextInput
        label="Like this text"
        description="Press Enter. The nearest images come first."
        placeholder="a red car, in the dark"
        maxLength={limits.prompt}
        data-testid={testIds.likeText}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={({ key, nativeEvent }) => {
          if (key === 'Enter' && !nativeEvent.isComposing) search(modelId);
        }}
      />
      {text !== '' && (
        <Encoders
          value={modelId}
          onChange={(id) => {
            setModelId(id);
            if (like) search(id);
          }}
        />
      )}
    </div>
  );
}

function Encoders({ value, onChange }: { value: string; onChange(modelId: string): void }) {
  const { data: models = [] } = useRequest('models.list', {});
  const encoders = models.filter(
    ({ kind, usable, path }) => kind === 'encoder' && usable && !isOnnxFile(path),
  );
  return (
    <Select
      mt={6}
      aria-label="CLIP that reads the text"
      data-testid={testIds.likeModel}
      data={encoders.map(({ id, name }) => ({ value: id, label: name }))}
      value={value}
      onChange={(id) => id !== null && onChange(id)}
    />
  );
}

/** The images that are nearest to the text; nothing is asked where there is none. */
export const useLike = (
  datasetId: number,
  like: { text: string; modelId: string } | null,
): UseQueryResult<FoundImages> =>
  useRequest(
    'images.like',
    { datasetId, text: like?.text ?? '', modelId: like?.modelId ?? '', count: limits.found },
    { enabled: like !== null },
  );

/** What a search is waiting for, or leaves out. */
export function LikeNotice(props: { dataset: Dataset; modelId: string; found: UseQueryResult<FoundImages> }) {
  const { dataset, modelId, found } = props;
  const enqueue = useEnqueue();
  if (found.isFetching)
    return (
      <div className="notice" role="status">
        Searching…
      </div>
    );
  const missing = found.data?.missing ?? 0;
  if (missing === 0) return null;
  return (
    <div className="notice" role="status" data-testid={testIds.likeMissing} data-count={missing}>
      <div>
        {count(missing)} {missing === 1 ? 'image has' : 'images have'} no features of this model yet and
        cannot be found. Compute them, then search again.
      </div>
      <Button
        onClick={() =>
          void enqueue('Computing features', { kind: 'embed', params: { datasetId: dataset.id, modelId } })
        }
      >
        Compute features
      </Button>
      <Button onClick={() => void found.refetch()}>Search again</Button>
    </div>
  );
}
