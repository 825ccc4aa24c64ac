/** Owns the form control of a list of LoRA files, each with its weight. */
import { Button } from '@mantine/core';
import { rangeOf } from '../../shared/field.ts';
import { loraWeight } from '../../shared/jobs/generate.ts';
import { choosePath, pathOf } from '../chosen-paths.ts';
import type { ControlProps } from './control-props.ts';
import { useAct } from './feedback.tsx';
import { Field, NumberField } from './fields.tsx';
import { fileName } from './format.ts';

const { min, max } = rangeOf(loraWeight);

export function LorasControl({ testId, value, set, words, error }: ControlProps) {
  const loras = value as readonly { path: string; weight: number }[];
  const act = useAct();
  const choose = () =>
    act('Choosing a file', async () => {
      const file = await choosePath('lora');
      if (file !== null) set([...loras, { path: file.token, weight: 1 }]);
    });
  return (
    <Field {...words} error={error} wide>
      <div className="stack">
        {loras.map(({ path, weight }, i) => (
          <div className="row" key={`${i} ${path}`}>
            <NumberField
              label={fileName(pathOf(path))}
              help={pathOf(path)}
              min={min!}
              max={max!}
              step={0.1}
              decimals={2}
              value={weight}
              onChange={(next) => set(loras.map((lora, at) => (at === i ? { ...lora, weight: next } : lora)))}
            />
            <Button size="compact-xs" variant="subtle" onClick={() => set(loras.filter((_, at) => at !== i))}>
              Remove
            </Button>
          </div>
        ))}
        <Button
          size="compact-xs"
          style={{ alignSelf: 'flex-start' }}
          data-testid={testId}
          onClick={() => void choose()}
        >
          Add a LoRA…
        </Button>
      </div>
    </Field>
  );
}
