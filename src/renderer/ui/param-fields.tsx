/** Owns the form controls of parameters that are declared with field(): which one, its range, and what it says. */
import { SegmentedControl, Select, Switch } from '@mantine/core';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { ModelEntry } from '../../shared/domain/model.ts';
import { expectedNumber, type Field as Parameter, rangeOf } from '../../shared/field.ts';
import { isOnnxFile } from '../../shared/model-files.ts';
import { useRequest } from '../queries.ts';
import { Field, NumberField } from './fields.tsx';
import { counted } from './format.ts';
import { scorerChoices } from './scorer-choices.ts';

/** Letters of all choices that fit side by side into a column of a form; more become a list. */
const LETTERS = 26;

type Params = Readonly<Record<string, unknown>>;

interface Props {
  /** Of the job: test ids begin with it. */
  kind: string;
  dataset: Dataset;
  fields: readonly Parameter[];
  params: Params;
  set: (change: Record<string, unknown>) => void;
  /** The sentence where this field does not fit, null where it does. */
  say: (field: string, sentence: string) => string | null;
}

/** Those that mean something with the others' values, in the order of their declaration. */
export function ParamFields({ kind, dataset, fields, params, set, say }: Props) {
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
          say={(sentence) => say(field.name, sentence)}
        />
      ))}
    </div>
  );
}

interface ControlProps {
  field: Parameter;
  dataset: Dataset;
  testId: string;
  value: unknown;
  set: (value: unknown) => void;
  say: (sentence: string) => string | null;
}

function Control(props: ControlProps) {
  const { field, testId, value, set } = props;
  const words = { label: field.label, help: field.advice ? `${field.help} ${field.advice}` : field.help };
  if (field.among === 'scorers') return <ScorerControl {...props} words={words} />;
  if (field.among) return <ModelControl {...props} words={words} />;
  switch (field.kind.type) {
    case 'number':
      return <NumberControl {...props} words={words} />;
    case 'boolean':
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
    case 'enum': {
      const { options } = field.kind.inner as unknown as { options: string[] };
      const choice = {
        'aria-label': field.label,
        'data-testid': testId,
        data: options.map((option) => ({ value: option, label: field.choices?.[option] ?? option })),
        value: String(value),
      };
      return (
        <Field {...words}>
          {choice.data.reduce((sum, { label }) => sum + label.length, 0) <= LETTERS ? (
            <SegmentedControl {...choice} onChange={set} />
          ) : (
            <Select {...choice} onChange={(option) => option !== null && set(option)} />
          )}
        </Field>
      );
    }
    default:
      throw new Error(`${field.name}: no form control for a parameter of type ${field.kind.type}`);
  }
}

type Words = { label: string; help: string };

function NumberControl({ field, testId, value, set, say, words }: ControlProps & { words: Words }) {
  const { inner, nullable } = field.kind;
  const { min, max, whole } = rangeOf(inner);
  const sentence = `${expectedNumber(inner)}${nullable ? ', or empty' : ''}.`;
  const error = say(sentence[0].toUpperCase() + sentence.slice(1));
  return (
    <NumberField
      {...words}
      min={min ?? Number.MIN_SAFE_INTEGER}
      max={max ?? Number.MAX_SAFE_INTEGER}
      step={field.step ?? 1}
      decimals={whole ? 0 : 7}
      testId={testId}
      placeholder={field.none}
      value={value === null ? Number.NaN : (value as number)}
      onChange={(typed) => set(nullable && Number.isNaN(typed) ? null : typed)}
      error={error}
    />
  );
}

const isNetwork = ({ kind }: ModelEntry) => kind === 'encoder' || kind === 'classifier';

const standsHere = (among: Parameter['among'], model: ModelEntry): boolean =>
  model.usable && isNetwork(model) && (among === 'encoders' || !isOnnxFile(model.path));

const nothing = '';

function ScorerControl({ field, testId, value, set, words, dataset }: ControlProps & { words: Words }) {
  const none = field.none === undefined ? [] : [{ value: nothing, label: field.none }];
  return (
    <Field {...words}>
      <Select
        aria-label={field.label}
        data-testid={testId}
        data={[...none, ...scorerChoices(dataset.scorers)]}
        value={value === null ? nothing : String(value)}
        onChange={(id) => id !== null && set(id === nothing ? null : Number(id))}
      />
    </Field>
  );
}

function ModelControl({ field, testId, value, set, words }: ControlProps & { words: Words }) {
  const { data: models, isPending } = useRequest('models.list', {});
  const usable = (models ?? []).filter((model) => standsHere(field.among, model));
  const none = field.none === undefined ? [] : [{ value: nothing, label: field.none }];
  const known = value === null || isPending || usable.some(({ id }) => id === value);
  return (
    <Field
      {...words}
      error={
        known
          ? null
          : usable.length > 0
            ? `${String(value)} cannot be used: choose among ${counted(usable.length, 'model')}.`
            : 'No model is usable here. Add one under Settings.'
      }
    >
      <Select
        aria-label={field.label}
        data-testid={testId}
        data={[...none, ...usable.map(({ id, name }) => ({ value: id, label: name }))]}
        value={value === null ? nothing : String(value)}
        placeholder="No usable model"
        onChange={(id) => id !== null && set(id === nothing ? null : id)}
      />
    </Field>
  );
}
