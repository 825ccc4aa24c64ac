/**
 * Owns what is said of a job's parameter: `field()` sets it beside the parameter's schema, and the command line's option,
 * its row in the docs, the form's control and every sentence about its range derive from the two.
 */
import { z } from 'zod';

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
  only?: { where: string; holds(params: Readonly<Record<string, unknown>>): boolean };
  /** What each choice is called on the form. */
  choices?: Readonly<Record<string, string>>;
  /** What null means: a choice of its own on the form, told as the default on the command line. */
  none?: string;
  /** Of what is on unless it is turned off: what the command line's `--no-` option does. */
  off?: string;
  /** What it may be, where its schema does not tell: "numbers from 0 to 1, with commas between". */
  expected?: string;
  /** How far the form's arrows go. */
  step?: number;
  /** It holds an id, of one of these. A person may write a model's name. */
  among?: 'scorers' | 'encoders' | 'image-networks';
}

const words = z.registry<FieldWords>();

/** A parameter: its schema, default included, and what is said of it. */
export function field<S extends z.ZodType>(schema: S, said: FieldWords): S {
  words.add(schema, said);
  return schema;
}

export interface Field extends FieldWords {
  name: string;
  schema: z.core.$ZodType;
  kind: FieldKind;
  flag: string;
}

/** A schema without what surrounds it. */
export interface FieldKind {
  type: string;
  inner: z.core.$ZodType;
  defaultValue: unknown;
  nullable: boolean;
}

const kebab = (name: string) => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);

/** The parameters of a job that are declared with field(), in their order. */
export function fieldsOf(schema: z.ZodObject): Field[] {
  return Object.entries(schema.shape).flatMap(([name, part]) => {
    const said = words.get(part);
    return said ? [{ flag: kebab(name), ...said, name, schema: part, kind: kindOf(part) }] : [];
  });
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

/** "a whole number from 1 to 256", "a number above 0, up to 1": what the command line and the forms say. */
export function expectedNumber(inner: z.core.$ZodType): string {
  const { min, max, above, whole } = rangeOf(inner);
  const what = whole ? 'a whole number' : 'a number';
  const [low, high] = [inWords(min), inWords(max)];
  if (above) return high ? `${what} above ${low}, up to ${high}` : `${what} above ${low}`;
  if (low && high) return `${what} from ${low} to ${high}`;
  if (low) return `${what}, at least ${low}`;
  return high ? `${what}, at most ${high}` : what;
}

/** The same as a sentence, for a field of any type: "A whole number from 1 to 256, or empty." null: its words do not say. */
export function expectedOf({ kind, expected }: Field): string | null {
  const said = expected ?? (kind.type === 'number' ? expectedNumber(kind.inner) : null);
  return said && `${said[0].toUpperCase()}${said.slice(1)}${kind.nullable ? ', or empty' : ''}.`;
}
