/** Owns how one image of the catalog is shown small: tile, strip, difficulty chip. */
import { memo } from 'react';
import { thumbnailUrl } from '../../shared/contract.ts';
import type { ImageSummary } from '../../shared/domain/image.ts';
import { useSummaries } from '../queries.ts';
import { useStore } from '../state.ts';
import { score } from './format.ts';
import { difficultyColour, difficultyRgb, inkOn } from './scale.ts';

export function DifficultyChip({ value, title }: { value: number | null; title?: string }) {
  const colour = difficultyRgb(value);
  return (
    <span
      className="chip num"
      title={title ?? (value === null ? 'Not scored yet' : `Difficulty ${value.toFixed(4)}`)}
      style={value === null ? undefined : { background: difficultyColour(value), color: inkOn(colour) }}
    >
      {score(value)}
    </span>
  );
}

export function SyntheticMark() {
  return (
    <span className="synthetic-mark" title="Synthetic image">
      SYN
    </span>
  );
}

/** Thumbnails are square cells; the picture keeps its shape inside. */
export const Thumb = memo(function Thumb({ id, alt }: { id: number; alt: string }) {
  return (
    <img
      className="thumb"
      src={thumbnailUrl(id)}
      alt={alt}
      loading="lazy"
      decoding="async"
      draggable={false}
    />
  );
});

export const altOf = (image: ImageSummary | undefined): string =>
  image ? `${image.origin === 'synthetic' ? 'Synthetic ' : ''}${image.className ?? 'unlabelled'}` : 'Image';

interface StripProps {
  ids: number[];
  size?: number;
  testId?: string;
  label: string;
  onOpen?: (id: number) => void;
}

/** A row of thumbnails with their difficulty; a click inspects. */
export function ImageStrip({ ids, size = 84, testId, label, onOpen }: StripProps) {
  const order = Uint32Array.from(ids);
  const summaries = useSummaries(order, 0, order.length);
  const inspect = useStore((state) => state.inspect);
  return (
    <section className="strip" data-testid={testId} aria-label={label}>
      {ids.map((id) => {
        const image = summaries.get(id);
        return (
          <button
            type="button"
            key={id}
            className="strip-item"
            style={{ width: size, height: size }}
            data-image-id={id}
            data-difficulty={image?.difficulty?.toFixed(6) ?? ''}
            title={image ? `${altOf(image)} · ${image.path}` : undefined}
            onClick={() => (onOpen ?? inspect)(id)}
          >
            <Thumb id={id} alt={altOf(image)} />
            {image && (
              <span className="strip-chip">
                <DifficultyChip value={image.difficulty} />
              </span>
            )}
          </button>
        );
      })}
    </section>
  );
}
