/** Owns what the groups of a generation's form show besides their parameters. */
import { Checkbox, SegmentedControl } from '@mantine/core';
import { unreadSyntax } from '../../core/prompts/syntaxes.ts';
import { writtenPrompts } from '../../core/prompts/written.ts';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { GenerationOutline } from '../../shared/domain/provenance.ts';
import { keepsAll } from '../../shared/jobs/generate-rules.ts';
import type { JobParams } from '../../shared/jobs/index.ts';
import { testIds } from '../test-ids.ts';
import { PromptUnread } from '../ui/prompt-unread.tsx';

type Params = JobParams<'generate'>;

interface PartProps {
  params: Params;
  set: (change: Partial<Params>) => void;
}

/** A quarter as many as there are real ones. */
const firstRatio = 0.25;

/** Either a number for each class, or a share of the real images. */
export function HowMany({ params, set }: PartProps) {
  return (
    <SegmentedControl
      aria-label="How many"
      style={{ alignSelf: 'flex-start' }}
      data={[
        { value: 'count', label: 'Per class' },
        { value: 'ratio', label: '% of real' },
      ]}
      value={params.ratio === null ? 'count' : 'ratio'}
      onChange={(value) => set({ ratio: value === 'ratio' ? firstRatio : null })}
    />
  );
}

/** What a filter begins with: half the width of a bucket of difficulty, near enough. */
const firstBand = 0.15;

const everything = { keepWithin: null, keepMin: 0, keepMax: 1, keepAgreeing: false };

/** A base model only is asked for no difficulty: its samples can be told apart by their class alone. */
const firstFilter = ({ modelId }: Params): Partial<Params> =>
  modelId === null ? { keepWithin: firstBand } : { keepAgreeing: true };

export function FilterSwitch({ params, set, dataset }: PartProps & { dataset: Dataset }) {
  return (
    <>
      <Checkbox
        label="Measure each sample as it is made, and replace those that do not fit"
        data-testid={testIds.generateKeep}
        checked={!keepsAll(params)}
        disabled={dataset.scorers.length === 0}
        onChange={(event) => set(event.currentTarget.checked ? firstFilter(params) : everything)}
      />
      {dataset.scorers.length === 0 && (
        <div className="muted small">This needs a scorer: score the dataset under Difficulty first.</div>
      )}
    </>
  );
}

/** What the prompts come to, and what is wrong with them that only the dataset tells. */
export function PromptNotes({ params, outline }: { params: Params; outline: GenerationOutline | undefined }) {
  const examples = [...new Set(outline?.examples ?? [])].slice(0, 3);
  return (
    <>
      {outline?.problems.prompt && <Problem>{outline.problems.prompt}</Problem>}
      <PromptUnread said={unreadSyntax(params.promptSyntax, writtenPrompts(params))} />
      {examples.length > 0 && (
        <div className="muted small" data-testid={testIds.generateExamples}>
          First prompts: {examples.map((example) => `“${example}”`).join(', ')}
        </div>
      )}
    </>
  );
}

export function Problem({ children }: { children: string }) {
  return (
    <div className="field-error" role="alert">
      {children}
    </div>
  );
}
