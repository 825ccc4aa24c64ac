/** Owns the list of a person's own LoRA files in the form of a generation, each with its weight. */
import { Button } from '@mantine/core';
import { request } from '../api.ts';
import { testIds } from '../test-ids.ts';
import { useAct } from '../ui/feedback.tsx';
import { Field, NumberField } from '../ui/fields.tsx';
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
      const path = await request('dialog.openFile', { title: 'Choose a LoRA', extensions: ['safetensors'] });
      if (path !== null) onChange([...loras, { path, weight: 1 }]);
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
              label={path.split(/[\\/]/).at(-1) ?? path}
              help={path}
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
