/** Owns the choice of prompts: a template, captions of the real images, or a list. */
import { SegmentedControl, Textarea } from '@mantine/core';
import { writtenPrompts } from '../../core/prompts/written.ts';
import { testIds } from '../test-ids.ts';
import { Field } from '../ui/fields.tsx';
import { PromptingFields } from '../ui/prompting-fields.tsx';
import { Group } from './group.tsx';
import type { GroupProps } from './group-fields.ts';
import type { GenerateInput } from './validate.ts';

const choices =
  'Choices in braces are drawn for each image: {in the rain|at night|} puts one of them, or nothing, there. They may hold further choices.';

export function PromptGroup({ params, errors, set, outline }: GroupProps) {
  const { promptSource } = params;
  const examples = [...new Set(outline?.examples ?? [])].slice(0, 3);
  return (
    <Group title="Prompts">
      <Field
        label="Taken from"
        help="One template for all; the captions of the class's own real images, which keeps new images in their variety; or a list of your own. More varied prompts than in training give more varied images."
      >
        <SegmentedControl
          aria-label="Prompts taken from"
          style={{ alignSelf: 'flex-start' }}
          data={[
            { value: 'template', label: 'A template' },
            { value: 'captions', label: 'Captions of the dataset' },
            { value: 'list', label: 'A list' },
          ]}
          value={promptSource}
          onChange={(value) => set({ promptSource: value as GenerateInput['promptSource'] })}
        />
      </Field>
      {promptSource === 'template' && (
        <Text
          label="Prompt"
          help={`What the image shows. [CLS] becomes the class name; keep it where the class belongs. ${choices}`}
          id="generate-prompt"
          testId={testIds.generatePrompt}
          value={params.prompt}
          error={errors.prompt}
          onChange={(prompt) => set({ prompt })}
        />
      )}
      {promptSource === 'captions' && (
        <Text
          label="Around the caption"
          help={`[CAPTION] becomes the caption of a real image of the class, each once before any twice; [CLS] the class name. For example: photo of [CLS], [CAPTION]. ${choices}`}
          id="generate-caption-prompt"
          testId={testIds.generateCaptionPrompt}
          value={params.captionPrompt}
          error={errors.captionPrompt}
          onChange={(captionPrompt) => set({ captionPrompt })}
        />
      )}
      {promptSource === 'list' && (
        <Text
          label="List of prompts"
          help={`One a line; one is drawn for each image. [CLS] becomes the class name. Blank lines, and lines that start with #, are skipped. ${choices}`}
          id="generate-prompts"
          testId={testIds.generatePrompts}
          value={params.prompts.join('\n')}
          error={errors.prompts}
          rows={4}
          placeholder={'a photo of a [CLS] {indoors|outdoors}\na [CLS] in a crowd'}
          onChange={(text) => set({ prompts: text.split('\n') })}
        />
      )}
      {outline?.problems.prompt && !errors.prompt && !errors.prompts && !errors.captionPrompt && (
        <div className="field-error" role="alert">
          {outline.problems.prompt}
        </div>
      )}
      <Text
        label="Negative prompt"
        help="What the image should stay away from. For example: blurry, cropped, deformed. Of effect while guidance is above 1."
        id="generate-negative"
        testId={testIds.generateNegative}
        value={params.negativePrompt}
        error={errors.negativePrompt}
        onChange={(negativePrompt) => set({ negativePrompt })}
      />
      <PromptingFields params={params} set={set} prompts={writtenPrompts(params)} />
      {examples.length > 0 && (
        <div className="muted small" data-testid={testIds.generateExamples}>
          First prompts: {examples.map((example) => `“${example}”`).join(', ')}
        </div>
      )}
    </Group>
  );
}

interface TextProps {
  label: string;
  help: string;
  id: string;
  testId: string;
  value: string;
  error: string | undefined;
  rows?: number;
  placeholder?: string;
  onChange: (value: string) => void;
}

function Text({ label, help, id, testId, value, error, rows = 1, placeholder, onChange }: TextProps) {
  return (
    <Field label={label} help={help} htmlFor={id} error={error}>
      <Textarea
        id={id}
        data-testid={testId}
        autosize
        minRows={rows}
        maxRows={10}
        placeholder={placeholder}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        error={Boolean(error)}
      />
    </Field>
  );
}
