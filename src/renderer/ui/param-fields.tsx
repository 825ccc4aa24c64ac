/** Owns the form controls of parameters that are declared with field(): which one, its range, and what it says. */
import { SegmentedControl, Select, Switch, Textarea } from '@mantine/core';
import type { Dataset } from '../../shared/domain/dataset.ts';
import {
  choiceHelp,
  choiceLabel,
  expectedOf,
  type Field as Parameter,
  rangeOf,
  timesOf,
} from '../../shared/field.ts';
import type { ControlProps, Words } from './control-props.ts';
import { Field, NumberField, SliderField } from './fields.tsx';
import { ClassesControl, FileControl, FilesControl, LinesControl, NumbersControl } from './list-controls.tsx';
import { LorasControl } from './loras-control.tsx';
import { ModelControl, ScorerControl } from './model-controls.tsx';

/** Letters of all choices that fit side by side into a column of a form; more become a list. */
const LETTERS = 26;

type Params = Readonly<Record<string, unknown>>;

export interface ParamFieldsProps {
  /** Of the job: test ids begin with it. */
  kind: string;
  dataset: Dataset;
  fields: readonly Parameter[];
  params: Params;
  set: (change: Record<string, unknown>) => void;
  /** What is said where this field does not fit (`sentence`, unless a rule speaks), null where it does. */
  say: (field: string, sentence?: string) => string | null;
}

/** Those that mean something with the others' values, in the order of their declaration. */
export function ParamFields({ kind, dataset, fields, params, set, say }: ParamFieldsProps) {
  const shown = fields.filter(({ only }) => !only || only.holds(params));
  return (
    <div className="form-grid">
      {shown.map((field) => (
        <Control
          key={field.name}
          field={field}
          dataset={dataset}
          testId={`${kind}-${field.flag}`}
          value={params[field.name]}
          set={(value) => set({ [field.name]: value })}
          words={wordsOf(field, params[field.name])}
          error={say(field.name, expectedOf(field) ?? undefined)}
        />
      ))}
    </div>
  );
}

/** Of a choice, with what is said of the chosen one. */
function wordsOf(field: Parameter, value: unknown): Words {
  const { label, help, advice, unit } = field;
  const chosen = typeof value === 'string' ? choiceHelp(field, value) : null;
  return {
    label: unit ? `${label} (${unit})` : label,
    help: [help, advice, chosen].filter((part) => part).join(' '),
  };
}

const controls: Readonly<Record<Parameter['control'], (props: ControlProps) => React.ReactNode>> = {
  number: NumberControl,
  slider: NumberControl,
  switch: SwitchControl,
  choice: ChoiceControl,
  text: TextControl,
  lines: LinesControl,
  numbers: NumbersControl,
  classes: ClassesControl,
  scorer: ScorerControl,
  model: ModelControl,
  file: FileControl,
  files: FilesControl,
  loras: LorasControl,
};

function Control(props: ControlProps) {
  const Shown = controls[props.field.control];
  return <Shown {...props} />;
}

function NumberControl({ field, testId, value, set, words, error }: ControlProps) {
  const { inner, nullable } = field.kind;
  const { min, max, whole } = rangeOf(inner);
  const times = timesOf(field);
  const shown = {
    ...words,
    min: min === null ? Number.MIN_SAFE_INTEGER : min * times,
    max: max === null ? Number.MAX_SAFE_INTEGER : max * times,
    step: field.step ?? 1,
    decimals: whole ? 0 : 7,
    testId,
    placeholder: field.none,
    value: value === null ? Number.NaN : +((value as number) * times).toFixed(7),
    onChange: (typed: number) => set(nullable && Number.isNaN(typed) ? null : typed / times),
    error,
  };
  return field.control === 'slider' ? <SliderField {...shown} /> : <NumberField {...shown} />;
}

function SwitchControl({ field, testId, value, set, words }: ControlProps) {
  return (
    <Field {...words} htmlFor={`field-${testId}`}>
      <Switch
        mt={4}
        id={`field-${testId}`}
        data-testid={testId}
        aria-label={field.label}
        label={value === true ? 'on' : 'off'}
        checked={value === true}
        onChange={(event) => set(event.currentTarget.checked)}
      />
    </Field>
  );
}

function ChoiceControl({ field, testId, value, set, words, error }: ControlProps) {
  const { options } = field.kind.inner as unknown as { options: string[] };
  const choice = {
    'aria-label': field.label,
    'data-testid': testId,
    data: options.map((option) => ({ value: option, label: choiceLabel(field, option) })),
    value: String(value),
  };
  return (
    <Field {...words} error={error}>
      {choice.data.reduce((sum, { label }) => sum + label.length, 0) <= LETTERS ? (
        <SegmentedControl {...choice} onChange={set} />
      ) : (
        <Select {...choice} onChange={(option) => option !== null && set(option)} />
      )}
    </Field>
  );
}

function TextControl({ field, testId, value, set, words, error }: ControlProps) {
  return (
    <Field {...words} htmlFor={`field-${testId}`} error={error} wide>
      <Textarea
        id={`field-${testId}`}
        data-testid={testId}
        autosize
        maxRows={10}
        placeholder={field.placeholder ?? field.none}
        value={(value as string | null) ?? ''}
        onChange={(event) => set(event.currentTarget.value)}
        error={Boolean(error)}
      />
    </Field>
  );
}
