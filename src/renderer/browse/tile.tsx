/** Owns one cell of the grid. */
import { memo } from 'react';
import type { ImageSummary } from '../../shared/domain/image.ts';
import { testIds } from '../test-ids.ts';
import { Icon } from '../ui/icons.tsx';
import { altOf, DifficultyChip, SyntheticMark, Thumb } from '../ui/picture.tsx';

export const tileDomId = (id: number) => `tile-${id}`;

/** Smaller cells show the number alone; the class is in the label and the inspector. */
const nameFromPx = 96;

interface Props {
  id: number;
  image: ImageSummary | undefined;
  size: number;
  selected: boolean;
  cursor: boolean;
}

export const Tile = memo(function Tile({ id, image, size, selected, cursor }: Props) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a cell of the virtual grid, which is no table
    <div
      id={tileDomId(id)}
      className="tile"
      role="gridcell"
      tabIndex={-1}
      aria-selected={selected}
      aria-label={
        image ? `${altOf(image)}, difficulty ${image.difficulty?.toFixed(2) ?? 'unknown'}` : undefined
      }
      data-testid={testIds.tile}
      data-image-id={id}
      data-difficulty={image?.difficulty?.toFixed(6) ?? ''}
      data-class-name={image?.className ?? ''}
      data-selected={selected}
      data-cursor={cursor}
      style={{ width: size, height: size }}
    >
      <div className="tile-frame">
        <div className="tile-picture">
          <Thumb id={id} alt={altOf(image)} />
        </div>
        {image && (
          <>
            <div className="tile-foot">
              <DifficultyChip value={image.difficulty} />
              {size >= nameFromPx && <span className="ellipsis">{image.className ?? 'no class'}</span>}
            </div>
            <div className="tile-marks">
              {image.decision && (
                <span className="decision-mark" data-decision={image.decision} title={`${image.decision}ed`}>
                  <Icon name={image.decision} size={12} />
                </span>
              )}
              {image.origin === 'synthetic' && <SyntheticMark />}
            </div>
          </>
        )}
      </div>
    </div>
  );
});
