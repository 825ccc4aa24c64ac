/** Owns the choice of classes and of how many images each gets. */
import { MultiSelect, SegmentedControl, Select } from '@mantine/core';
import { testIds } from '../test-ids.ts';
import { Field, NumberField } from '../ui/fields.tsx';
import { manyOptions } from '../ui/many.tsx';
import { Group } from './group.tsx';
import type { GroupProps } from './group-fields.ts';

const allClasses = 'all';

export function ClassesGroup({ dataset, params, errors, set, outline }: GroupProps) {
  const byRatio = params.ratio !== null;
  return (
    <Group title="What">
      <Field
        label="Classes"
        help="One set of images is made for each chosen class; the class also labels them. No choice means all classes."
        error={errors.classes}
      >
        <MultiSelect
          aria-label="Classes"
          data-testid={testIds.generateClasses}
          placeholder={params.classes === allClasses ? `All ${dataset.classes.length} classes` : undefined}
          {...manyOptions}
          clearable
          hidePickedOptions
          data={dataset.classes.map(({ name }) => name)}
          value={params.classes === allClasses ? [] : params.classes}
          onChange={(classes) => set({ classes: classes.length ? classes : allClasses })}
        />
      </Field>
      <div className="form-grid">
        <Field
          label="How many"
          help="The same number for each class, or a share of how many real images the chosen classes have for training (validation and test images do not count)."
        >
          <SegmentedControl
            aria-label="How many"
            data={[
              { value: 'count', label: 'Per class' },
              { value: 'ratio', label: '% of real' },
            ]}
            value={byRatio ? 'ratio' : 'count'}
            onChange={(value) => set({ ratio: value === 'ratio' ? 0.25 : null })}
          />
        </Field>
        {params.ratio === null ? (
          <NumberField
            label="Images per class"
            help="How many images are made for each chosen class."
            min={1}
            max={1_000_000}
            value={params.count}
            onChange={(count) => set({ count })}
            testId={testIds.generateCount}
            error={errors.count}
          />
        ) : (
          <>
            <NumberField
              label="Percent of the real images"
              help="100 makes as many images as there are real ones. Studies add 5 to 100 %, and more is not always better."
              min={1}
              max={10_000}
              step={5}
              decimals={1}
              value={+(100 * params.ratio).toFixed(6)}
              onChange={(percent) => set({ ratio: percent / 100 })}
              testId={testIds.generateRatio}
              error={errors.ratio ?? outline?.problems.count}
            />
            <Field
              label="Shared among classes"
              help="As the real images: a class with twice the real images gets twice the new ones. Equally: every class gets as many, which evens out rare classes."
            >
              <Select
                aria-label="Shared among classes"
                data={[
                  { value: 'natural', label: 'As the real images' },
                  { value: 'balanced', label: 'Equally' },
                ]}
                value={params.share}
                onChange={(value) => value && set({ share: value as typeof params.share })}
              />
            </Field>
          </>
        )}
      </div>
    </Group>
  );
}
