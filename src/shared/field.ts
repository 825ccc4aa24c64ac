/**
 * Owns what is said of a job's parameter: `field()` sets it beside the parameter's schema, and the command line's option,
 * its row in the docs, the form's control and every sentence about its range derive from the two.
 */
import { z } from 'zod';
import { pathFields } from './paths.ts';

export interface FieldWords {
  /** Of the form. */
  label: string;
  /** What it is, in one sentence: the command line and the docs show this. */
  help: string;
  /** When to choose what: the form shows it behind `help`. */
  advice?: string;
  /** basic: always on the form; advanced: under More settings. */
  level: 'basic' | 'advanced';
  /** Heading under which a form that has groups shows it; none: with the other settings of its level. */
  group?: string;
  /** Of a number: what is counted, behind it on the form and in the inspector. */
  unit?: string;
  /** The job's memory depends on it. */
  memory?: true;
  /** The provenance of what the job makes tells it, under the label. */
  recorded?: true;
  /** The option's name, where it is not the parameter's own in kebab case. */
  flag?: string;
  /** Where the others' values make it mean something; the form hides it elsewhere. */
  only?: { where?: string; holds(params: Readonly<Record<string, unknown>>): boolean };
  /** What each choice is called on the form, and what is said of it while it is chosen. */
  choices?: Readonly<Record<string, string | { label: string; help: string }>>;
  /** What null means: a choice of its own on the form, told as the default on the command line. */
  none?: string;
  /** Of what is on unless it is turned off: what the command line's `--no-` option does. */
  off?: string;
  /** What it may be, where its schema does not tell: "numbers from 0 to 1, with commas between". */
  expected?: string;
  /** How far the form's arrows go. */
  step?: number;
  /** It holds an id, of one of these. A person may write a model's name. */
  among?:
    | 'scorers'
    | 'encoders'
    | 'image-networks'
    | 'difficulty-models'
    | 'diffusion-models'
    | 'plain-loras';
  /** How it is asked for, where its schema does not tell. */
  control?: 'slider' | 'lines' | 'classes' | 'loras';
  /** Of a list of numbers: in rising order, each once. */
  rising?: true;
  /** Shown where nothing is written yet. */
  placeholder?: string;
}

/** How a parameter is asked for: what the form shows, and how the command line reads it. */
export type Control =
  | 'number'
  | 'slider'
  | 'switch'
  | 'choice'
  | 'text'
  /** Texts, one a line; on the command line one each time the option is given. */
  | 'lines'
  /** Numbers with commas between. */
  | 'numbers'
  | 'classes'
  | 'scorer'
  | 'model'
  | 'file'
  | 'files'
  | 'loras';

const words = z.registry<FieldWords>();

/** A parameter: its schema, default included, and what is said of it. */
export function field<S extends z.ZodType>(schema: S, said: FieldWords): S {
  // Jobs share schemas such as `seed`; each says its own of them.
  const own = words.has(schema) ? schema.clone() : schema;
  words.add(own, said);
  return own;
}

export interface Field extends Omit<FieldWords, 'control'> {
  name: string;
  schema: z.core.$ZodType;
  kind: FieldKind;
  flag: string;
  control: Control;
}

/** A schema without what surrounds it. */
export interface FieldKind {
  type: string;
  inner: z.core.$ZodType;
  defaultValue: unknown;
  nullable: boolean;
}

export const kebab = (name: string) => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);

/** The parameters of a job that are declared with field(), in their order. */
export function fieldsOf(schema: z.ZodObject): Field[] {
  return Object.entries(schema.shape).flatMap(([name, part]) => {
    const said = words.get(part);
    if (!said) return [];
    const kind = kindOf(part);
    return [{ flag: kebab(name), ...said, name, schema: part, kind, control: controlOf(name, said, kind) }];
  });
}

/** Of a parameter whose schema is a list: what it lists. */
export const elementOf = (inner: z.core.$ZodType): z.core.$ZodType =>
  (inner._zod.def as unknown as { element: z.core.$ZodType }).element;

/** @throws where neither the schema nor the words say how to ask for it. */
function controlOf(name: string, { control, among }: FieldWords, { type, inner }: FieldKind): Control {
  if (control) return control;
  if (among) return among === 'scorers' ? 'scorer' : 'model';
  switch (type) {
    case 'number':
      return 'number';
    case 'boolean':
      return 'switch';
    case 'enum':
      return 'choice';
    case 'string':
      return pathFields.has(inner) ? 'file' : 'text';
    case 'array': {
      const element = elementOf(inner);
      if (pathFields.has(element)) return 'files';
      const listed = kindOf(element).type;
      if (listed === 'number') return 'numbers';
      if (listed === 'string') return 'lines';
    }
  }
  throw new Error(`${name}: a parameter of type ${type} says by "control" how it is asked for`);
}

export const choiceLabel = ({ choices }: Pick<FieldWords, 'choices'>, choice: string): string => {
  const said = choices?.[choice];
  return (typeof said === 'string' ? said : said?.label) ?? choice;
};

export const choiceHelp = ({ choices }: Pick<FieldWords, 'choices'>, choice: string): string | null => {
  const said = choices?.[choice];
  return typeof said === 'object' ? said.help : null;
};

/** "0.9, .1; 0.5" -> [0.9, 0.1, 0.5]; what is no number becomes NaN, which no schema takes. */
export function numbersOf(text: string, rising = false): number[] {
  const written = text.trim().replace(/[\s,;]+$/, '');
  const parts = written === '' ? [] : written.split(/\s*[,;]\s*|\s+/);
  const numbers = parts.map((part) => (part === '' ? Number.NaN : Number(part)));
  return rising ? [...new Set(numbers)].sort((a, b) => a - b) : numbers;
}

export function kindOf(schema: z.core.$ZodType): FieldKind {
  let inner = schema;
  let defaultValue: unknown;
  let nullable = false;
  for (;;) {
    const def = inner._zod.def as { type: string; innerType?: z.core.$ZodType; defaultValue?: unknown };
    if (def.type === 'default') defaultValue = def.defaultValue;
    else if (def.type === 'nullable') nullable = true;
    else if (def.type !== 'optional') return { type: def.type, defaultValue, nullable, inner };
    inner = def.innerType!;
  }
}

export interface NumberRange {
  /** null: unbounded. */
  min: number | null;
  max: number | null;
  /** The bound itself is left out. */
  above: boolean;
  whole: boolean;
}

export function rangeOf(inner: z.core.$ZodType): NumberRange {
  const { minValue, maxValue, isInt, _zod } = inner as z.ZodNumber;
  const bounds = (_zod.def.checks ?? []).map((check) => check._zod.def as z.core.$ZodCheckGreaterThanDef);
  // Whole numbers have bounds by themselves; nobody chose those.
  const chosen = (kind: string) => bounds.some(({ check }) => check === kind);
  return {
    min: chosen('greater_than') ? minValue : null,
    max: chosen('less_than') ? maxValue : null,
    above: bounds.some((b) => b.check === 'greater_than' && !b.inclusive && b.value === minValue),
    whole: isInt,
  };
}

const inWords = (bound: number | null): string | undefined => {
  const digits = bound?.toLocaleString('en-US', { maximumFractionDigits: 20 });
  return bound === Number.MAX_SAFE_INTEGER ? `${digits} (2^53 - 1)` : digits;
};

/** "a whole number from 1 to 256", "a number above 0, up to 1". @param times of a share that is asked for in percent: 100 */
export function expectedNumber(inner: z.core.$ZodType, times = 1): string {
  return inRange(rangeOf(inner).whole ? 'a whole number' : 'a number', inner, times);
}

function inRange(what: string, inner: z.core.$ZodType, times = 1): string {
  const { min, max, above } = rangeOf(inner);
  const [low, high] = [inWords(min && min * times), inWords(max && max * times)];
  if (above) return high ? `${what} above ${low}, up to ${high}` : `${what} above ${low}`;
  if (low && high) return `${what} from ${low} to ${high}`;
  if (low) return `${what}, at least ${low}`;
  return high ? `${what}, at most ${high}` : what;
}

/** "between 2 and 20 numbers from 0 to 1, with commas between": of a list of numbers. */
function expectedNumbers(inner: z.core.$ZodType): string {
  const { minimum, maximum } = boundsOf(inner);
  const each = inRange('numbers', elementOf(inner));
  const many =
    minimum === undefined
      ? `at most ${inWords(maximum ?? null)} ${each}`
      : maximum === undefined
        ? `at least ${minimum} ${each}`
        : `between ${minimum} and ${inWords(maximum)} ${each}`;
  return `${minimum === undefined && maximum === undefined ? each : many}, with commas between`;
}

/** How long a list may be. */
function boundsOf(inner: z.core.$ZodType): { minimum?: number; maximum?: number } {
  const checks = inner._zod.def.checks ?? [];
  return Object.assign({}, ...checks.map((check) => check._zod.def)) as {
    minimum?: number;
    maximum?: number;
  };
}

/** The same as a sentence, for a field of any type: "A whole number from 1 to 256, or empty." null: its words do not say. */
export function expectedOf({ kind, expected, control, unit }: Field): string | null {
  const said =
    expected ??
    (kind.type === 'number'
      ? expectedNumber(kind.inner, timesOf({ unit }))
      : control === 'numbers'
        ? expectedNumbers(kind.inner)
        : null);
  return said && `${said[0].toUpperCase()}${said.slice(1)}${kind.nullable ? ', or empty' : ''}.`;
}

/** A share is asked for in percent: by what its form shows it larger. */
export const timesOf = ({ unit }: Pick<FieldWords, 'unit'>): number => (unit === '%' ? 100 : 1);
