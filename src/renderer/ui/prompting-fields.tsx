/** Owns how prompts are read: the same fields wherever a person writes one. */
import { Select } from '@mantine/core';
import { unreadSyntax } from '../../core/prompts/syntaxes.ts';
import { generateParams } from '../../shared/jobs/generate.ts';
import type { JobParams } from '../../shared/jobs/index.ts';
import { limits } from '../../shared/limits.ts';
import {
  longPromptModes,
  longPromptNames,
  promptSyntaxes,
  promptSyntaxNames,
} from '../../shared/prompting.ts';
import { testIds } from '../test-ids.ts';
import { Field, NumberField } from './fields.tsx';

type Prompting = Pick<JobParams<'generate'>, 'promptSyntax' | 'longPrompts' | 'clipSkip'>;

export const clipSkipRule = `A whole number from 1 to ${limits.layers}; empty for the model's own.`;

interface Props {
  params: Prompting;
  set: (change: Partial<Prompting>) => void;
  /** As the person wrote them. */
  prompts: readonly string[];
}

export function PromptingFields({ params, set, prompts }: Props) {
  const { promptSyntax, longPrompts, clipSkip } = params;
  const unread = unreadSyntax(promptSyntax, prompts);
  return (
    <>
      {unread && (
        <div className="notice" role="status" data-testid={testIds.promptUnread}>
          {unread}
        </div>
      )}
      <div className="form-grid">
        <Field label="Prompt syntax" help={promptSyntaxes[promptSyntax].help}>
          <Select
            aria-label="Prompt syntax"
            data-testid={testIds.promptSyntax}
            data={promptSyntaxNames.map((value) => ({ value, label: promptSyntaxes[value].label }))}
            value={promptSyntax}
            onChange={(value) => value && set({ promptSyntax: value as Prompting['promptSyntax'] })}
          />
        </Field>
        <Field label="Long prompts" help={longPromptModes[longPrompts].help}>
          <Select
            aria-label="Long prompts"
            data-testid={testIds.longPrompts}
            data={longPromptNames.map((value) => ({ value, label: longPromptModes[value].label }))}
            value={longPrompts}
            onChange={(value) => value && set({ longPrompts: value as Prompting['longPrompts'] })}
          />
        </Field>
        <NumberField
          label="CLIP skip"
          help="Layer of the text encoder whose output is used, counted from its end: 1 is the last. Empty: as the model says. Some fine-tuned models were trained with 2."
          min={1}
          max={limits.layers}
          value={clipSkip ?? Number.NaN}
          onChange={(layer) => set({ clipSkip: Number.isNaN(layer) ? null : layer })}
          placeholder="The model's own"
          testId={testIds.clipSkip}
          error={generateParams.shape.clipSkip.safeParse(clipSkip).success ? null : clipSkipRule}
        />
      </div>
    </>
  );
}
