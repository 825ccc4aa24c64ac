/** Owns the list of a person's own LoRA files in the form of a generation, each with its weight. */
import { Button } from '@mantine/core';
import { choosePath, pathOf } from '../chosen-paths.ts';
import { testIds } from '../test-ids.ts';
import { useAct } from '../ui/feedback.tsx';
import { Field, NumberField } from '../ui/fields.tsx';
import { fileName } from '../ui/format.ts';
import type { GenerateInput } from './validate.ts';

type Loras = GenerateInput['loras'];

export function LoraFields({
  loras,
  onChange,
  error,
}: {
  loras: Loras;
  onChange: (loras: Loras) => void;
  error: string | undefined;
}) {
  const act = useAct();
  const choose = () =>
    act('Choosing a file', async () => {
      const file = await choosePath('lora');
      if (file !== null) onChange([...loras, { path: file.token, weight: 1 }]);
    });
  const change = (at: number, weight: number) =>
    onChange(loras.map((lora, i) => (i === at ? { ...lora, weight } : lora)));
  return (
    <Field
      label="Your own LoRAs"
      help="LoRA files (safetensors, of diffusers, kohya and older programs) that were trained on the same kind of base model. They work beside the difficulty model. Weight 1 is as trained, 0 is off."
      error={error}
    >
      <div className="stack">
        {loras.map(({ path, weight }, i) => (
          <div className="row" key={`${i} ${path}`}>
            <NumberField
              label={fileName(pathOf(path))}
              help={pathOf(path)}
              min={-10}
              max={10}
              step={0.1}
              decimals={2}
              value={weight}
              onChange={(value) => change(i, value)}
            />
            <Button
              size="compact-xs"
              variant="subtle"
              onClick={() => onChange(loras.filter((_, k) => k !== i))}
            >
              Remove
            </Button>
          </div>
        ))}
        <Button
          size="compact-xs"
          style={{ alignSelf: 'flex-start' }}
          data-testid={testIds.generateAddLora}
          onClick={() => void choose()}
        >
          Add a LoRA
        </Button>
      </div>
    </Field>
  );
}
