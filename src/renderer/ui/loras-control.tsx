/** Owns the form control of a list of LoRA files, each with its weight. */
import { rangeOf } from '../../shared/field.ts';
import { loraWeight } from '../../shared/jobs/generate.ts';
import { pathOf } from '../chosen-paths.ts';
import type { ControlProps } from './control-props.ts';
import { NumberField } from './fields.tsx';
import { FileList } from './file-list.tsx';
import { fileName } from './format.ts';

const { min, max } = rangeOf(loraWeight);

export function LorasControl({ value, set, ...rest }: ControlProps) {
  return (
    <FileList
      {...rest}
      files={value as readonly { path: string; weight: number }[]}
      set={set}
      purpose="lora"
      add="Add a LoRA…"
      added={(path) => ({ path, weight: 1 })}
      keyOf={({ path }) => path}
      row={(lora, change) => (
        <NumberField
          label={fileName(pathOf(lora.path))}
          help={pathOf(lora.path)}
          min={min!}
          max={max!}
          step={0.1}
          decimals={2}
          value={lora.weight}
          onChange={(weight) => change({ ...lora, weight })}
        />
      )}
    />
  );
}
