/** Owns the settings of a check that most people leave alone, of both kinds of report. */
import { MultiSelect, Select, TextInput } from '@mantine/core';
import type { JobParams } from '../../shared/jobs/index.ts';
import { schedulerLabel, schedulerSettings } from '../../shared/schedulers.ts';
import { testIds } from '../test-ids.ts';
import { Field, NumberField } from '../ui/fields.tsx';
import { GuidanceFields } from '../ui/guidance-fields.tsx';
import { manyOptions } from '../ui/many.tsx';
import { PromptingFields } from '../ui/prompting-fields.tsx';
import { seedRule } from '../ui/seed-rule.ts';

/** Of a report that has prompts. */
type Prompts = Pick<
  JobParams<'control'>,
  'prompt' | 'negativePrompt' | 'promptSyntax' | 'longPrompts' | 'clipSkip'
>;

type Shared = Pick<
  JobParams<'control'>,
  | 'classes'
  | 'guidanceScale'
  | 'guidanceMode'
  | 'difficultyGuidance'
  | 'scheduler'
  | 'steps'
  | 'batchSize'
  | 'seed'
> &
  Partial<Prompts>;

const hasPrompts = (params: Shared): params is Shared & Prompts => params.prompt !== undefined;

interface Props {
  params: Shared;
  set: (change: Partial<Shared>) => void;
  /** The sentence where this field does not fit, null where it does. */
  say: (field: Exclude<keyof Shared, keyof Prompts>, sentence: string) => string | null;
  classNames: readonly string[];
}

const schedulers = schedulerSettings.map((value) => ({ value, label: schedulerLabel(value) }));

export function MoreFields({ params, set, say, classNames }: Props) {
  return (
    <div className="form-grid control-form">
      <Field label="Classes" help="Nothing chosen: every class that the model was trained on.">
        <MultiSelect
          aria-label="Classes"
          placeholder={params.classes === 'all' ? 'All' : undefined}
          {...manyOptions}
          clearable
          data={[...classNames]}
          value={params.classes === 'all' ? [] : params.classes}
          onChange={(names) => set({ classes: names.length === 0 ? 'all' : names })}
        />
      </Field>
      <NumberField
        label="Guidance"
        help="How strongly images follow the prompt, and with “both together” the difficulty too. 1: none. The paper uses 2."
        min={1}
        max={30}
        step={0.5}
        decimals={2}
        value={params.guidanceScale}
        onChange={(guidanceScale) => set({ guidanceScale })}
        error={say('guidanceScale', 'A number from 1 to 30.')}
      />
      <GuidanceFields params={params} set={set} error={say('difficultyGuidance', 'A number from 1 to 30.')} />
      <Field
        label="Scheduler"
        help="How noise is removed step by step. PNDM (PLMS) is the paper's, and what Stable Diffusion 1 brings along."
      >
        <Select
          aria-label="Scheduler"
          data-testid={testIds.controlScheduler}
          data={schedulers}
          value={params.scheduler}
          onChange={(scheduler) => scheduler && set({ scheduler: scheduler as Shared['scheduler'] })}
        />
      </Field>
      <NumberField
        label="Steps"
        help="More are slower and finer. The paper uses 30."
        min={1}
        max={1000}
        value={params.steps}
        onChange={(steps) => set({ steps })}
        testId={testIds.controlSteps}
        error={say('steps', 'A whole number from 1 to 1,000.')}
      />
      <NumberField
        label="Batch"
        help="Images computed together. More is quicker and needs more memory."
        min={1}
        max={64}
        value={params.batchSize}
        onChange={(batchSize) => set({ batchSize })}
        error={say('batchSize', 'A whole number from 1 to 64.')}
      />
      <NumberField
        label="Seed"
        help="The same seed makes the same images again."
        min={0}
        max={Number.MAX_SAFE_INTEGER}
        value={params.seed}
        onChange={(seed) => set({ seed })}
        error={say('seed', seedRule)}
      />
      {hasPrompts(params) && (
        <>
          <Field
            label="Prompt"
            help="[CLS] becomes the class. The model was trained with this one."
            htmlFor="control-prompt"
          >
            <TextInput
              id="control-prompt"
              value={params.prompt}
              onChange={(event) => set({ prompt: event.currentTarget.value })}
            />
          </Field>
          <PromptingFields params={params} set={set} prompts={[params.prompt, params.negativePrompt]} />
        </>
      )}
    </div>
  );
}
