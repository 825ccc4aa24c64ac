/** Owns the choice of which images are kept, and of what happens where none comes out right. */
import { Checkbox, Select } from '@mantine/core';
import { testIds } from '../test-ids.ts';
import { Field, NumberField } from '../ui/fields.tsx';
import { Group } from './group.tsx';
import type { GroupProps } from './group-fields.ts';
import { ScorerSelect } from './scorer-select.tsx';
import { type GenerateInput, keepsAll } from './validate.ts';

/** What a choice begins with: half the width of a bucket of difficulty, near enough. */
const firstBand = 0.15;

const everything = { keepWithin: null, keepMin: 0, keepMax: 1, keepAgreeing: false };

export function KeepGroup({ dataset, params, errors, set }: GroupProps) {
  const chosen = !keepsAll(params);
  // A base model alone is asked for no difficulty: only the class can tell its images apart.
  const knowsDifficulty = params.modelId === null;
  return (
    <Group title="Keep only if">
      <Checkbox
        label="Measure each image as it is made, and make it again where it is not as wanted"
        data-testid={testIds.generateKeep}
        checked={chosen}
        disabled={dataset.scorers.length === 0}
        onChange={(event) =>
          set(
            event.currentTarget.checked
              ? knowsDifficulty
                ? { keepWithin: firstBand }
                : { keepAgreeing: true }
              : everything,
          )
        }
      />
      {dataset.scorers.length === 0 && (
        <div className="muted small">A scorer must know the images first: score them under Difficulty.</div>
      )}
      {chosen && (
        <>
          <div className="form-grid">
            {knowsDifficulty && (
              <NumberField
                label="Distance at most"
                help="An image is kept if its measured difficulty is at most this far from the one it was asked for. Empty: any distance."
                min={0.01}
                max={1}
                step={0.05}
                decimals={2}
                value={params.keepWithin ?? Number.NaN}
                onChange={(within) => set({ keepWithin: Number.isNaN(within) ? null : within })}
                testId={testIds.generateKeepWithin}
                error={errors.keepWithin}
              />
            )}
            <NumberField
              label="Measured at least"
              help="Images that are measured as easier than this are not kept. 0: all."
              min={0}
              max={1}
              step={0.05}
              decimals={2}
              value={params.keepMin}
              onChange={(keepMin) => set({ keepMin })}
              error={errors.keepMin}
            />
            <NumberField
              label="Measured at most"
              help="Images that are measured as harder than this are not kept. 1: all."
              min={0}
              max={1}
              step={0.05}
              decimals={2}
              value={params.keepMax}
              onChange={(keepMax) => set({ keepMax })}
              error={errors.keepMax}
            />
            <ScorerSelect dataset={dataset} params={params} set={set} measures />
            <NumberField
              label="Candidates per image"
              help="How often one image is tried at most. Each candidate takes as long as an image."
              min={1}
              max={1000}
              value={params.attempts}
              onChange={(attempts) => set({ attempts })}
              testId={testIds.generateAttempts}
              error={errors.attempts}
            />
            <Field
              label="If none is right"
              help="Take the nearest: the number of images is as planned, and each says whether it was as wanted. Leave out: every image is as wanted, and there may be fewer."
            >
              <Select
                aria-label="If none is right"
                data-testid={testIds.generateAtLimit}
                data={[
                  { value: 'best', label: 'Take the nearest' },
                  { value: 'leave-out', label: 'Leave the image out' },
                ]}
                value={params.atLimit}
                onChange={(value) => value && set({ atLimit: value as GenerateInput['atLimit'] })}
              />
            </Field>
          </div>
          <Checkbox
            label="The scorer must see the image's class in it"
            checked={params.keepAgreeing}
            onChange={(event) => set({ keepAgreeing: event.currentTarget.checked })}
          />
        </>
      )}
    </Group>
  );
}
