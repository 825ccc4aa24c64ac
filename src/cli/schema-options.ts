/**
 * Owns the derivation of command options from a job's parameter schema: names, ranges, choices and
 * defaults come from `src/shared/jobs/`; a command only adds the words.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { z } from 'zod';
import {
  type Control,
  elementOf,
  expectedNumber,
  expectedOf,
  type Field,
  fieldsOf,
  kebab,
  kindOf,
  numbersOf,
} from '../shared/field.ts';

/** Words for one parameter; `flag` where the option is called otherwise than the parameter. */
export interface OptionText {
  text: string;
  flag?: string;
  /** Of a parameter that is declared with field(). */
  field?: Field;
}

/** Parameters that every command takes from elsewhere: the dataset argument and the global --seed. */
type Elsewhere = 'datasetId' | 'seed';

/** One entry per parameter that is not left out: the compiler names a forgotten one. */
export type OptionTable<P, LeftOut extends keyof P = never> = {
  [K in Exclude<keyof P, Elsewhere | LeftOut>]: OptionText;
};

const camel = (flag: string) => flag.replace(/-([a-z])/g, (_, c: string) => c.toUpperCase());

/** A sentence as commander's lists have them; a name such as LoRA keeps its letters. */
const inList = (sentence: string) =>
  sentence.replace(/^[A-Z](?=[a-z]*\b)/, (first) => first.toLowerCase()).replace(/\.$/, '');

/** The options of the parameters that are declared with field(). @param apart those that the command words itself */
export function fieldOptions(schema: z.ZodObject, apart: readonly string[] = []): Record<string, OptionText> {
  const fields = fieldsOf(schema).filter(({ name }) => name !== 'seed' && !apart.includes(name));
  return Object.fromEntries(
    fields.map((field) => [field.name, { flag: field.flag, text: textOf(field), field }]),
  );
}

function textOf({ help, off, only, none, kind, among, control, unit }: Field): string {
  const what = inList(kind.defaultValue === true && off ? off : help);
  const notes = [
    ...(among ? [among === 'scorers' ? 'id' : 'name or id'] : []),
    ...(unit === '%' ? ['0.25: 25%'] : []),
    ...(none ? [`default: ${inList(none)}`] : []),
  ];
  const where = only?.where ? `${only.where}: ` : '';
  const often = control === 'lines' && kind.type === 'array' ? '; repeatable' : '';
  return `${where}${what}${often}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`;
}

/** A commander parser for one parameter: text -> checked value, or a sentence that says what is expected. */
export function parserFor(schema: z.core.$ZodType): (text: string) => unknown {
  const { type, inner } = kindOf(schema);
  return (text) => {
    const value = type === 'number' ? Number(text) : text;
    const expected = type === 'number' ? expectedNumber(inner) : null;
    if (type === 'number' && (text.trim() === '' || Number.isNaN(value)))
      throw new InvalidArgumentError(`Expected ${expected}.`);
    const result = (inner as z.ZodType).safeParse(value);
    if (!result.success)
      throw new InvalidArgumentError(`Expected ${expected ?? result.error.issues[0].message}.`);
    return result.data;
  };
}

/** Adds one option per entry of `options`, in its order. */
export function addParams(
  command: Command,
  schema: z.ZodObject,
  options: Record<string, OptionText>,
): Command {
  for (const [name, { text, flag, field }] of Object.entries(options)) {
    const part = schema.shape[name] as z.core.$ZodType;
    const { type, defaultValue, inner } = kindOf(part);
    const long = flag ?? kebab(name);
    const given = field && listOption(long, text, field);
    if (given) {
      command.addOption(given);
      continue;
    }
    if (type === 'array') {
      command.addOption(repeatable(long, text, elementOf(inner), defaultValue as readonly unknown[]));
      continue;
    }
    if (type === 'boolean') {
      command.addOption(new Option(defaultValue === true ? `--no-${long}` : `--${long}`, text));
      continue;
    }
    const option = new Option(`--${long} <${valueName(type, field)}>`, text);
    const choices = type === 'enum' ? (inner as unknown as { options: string[] }).options : null;
    if (choices) option.choices(choices);
    else if (type === 'literal') option.choices((inner._zod.def as unknown as { values: string[] }).values);
    else option.argParser(parserFor(part));
    // The default is shown, not set: an absent option stays absent, and the schema fills it in.
    if (defaultValue !== undefined && defaultValue !== null && defaultValue !== '')
      option.description = `${text} (default: ${JSON.stringify(defaultValue)})`;
    command.addOption(option);
  }
  return command;
}

function valueName(type: string, field?: Field): string {
  if (field?.control === 'file') return 'file';
  return type !== 'number' ? 'value' : field?.unit && field.unit !== '%' ? field.unit : 'n';
}

/** Of an option that may be given several times. */
export const collect = (value: string, previous: string[] = []) => [...previous, value];

/** Of lists that are not one value each time the option is given, and of what is looked up later; null: of the others. */
function listOption(long: string, text: string, field: Field): Option | null {
  const listed: Partial<Record<Control, () => Option>> = {
    classes: () => new Option(`--${long} <name>`, `${text}; repeatable (default: all)`).argParser(collect),
    files: () => new Option(`--${long} <file>`, `${text}; repeatable`).argParser(collect),
    numbers: () => {
      const given = field.kind.defaultValue as readonly number[];
      const shown = given.length > 0 ? ` (default: ${given.join(',')})` : '';
      return new Option(`--${long} <list>`, text + shown).argParser(numbersParser(field));
    },
  };
  return listed[field.control]?.() ?? null;
}

const numbersParser = (field: Field) => (text: string) => {
  const result = (field.kind.inner as z.ZodType).safeParse(numbersOf(text));
  if (!result.success) throw new InvalidArgumentError(`Expected ${inList(expectedOf(field)!)}.`);
  return result.data;
};

/** One value each time the option is given; all of them make the list, in place of the default one. */
function repeatable(
  long: string,
  text: string,
  element: z.core.$ZodType,
  defaultValue: readonly unknown[],
): Option {
  const parse = parserFor(element);
  const shown = defaultValue.length > 0 ? ` (default: ${defaultValue.join(', ')})` : '';
  return new Option(
    `--${long} <${kindOf(element).type === 'number' ? 'n' : 'value'}>`,
    text + shown,
  ).argParser((value: string, previous: unknown[] | undefined) => [...(previous ?? []), parse(value)]);
}

/** The parameters that were given, under their schema names. */
export function readParams(
  values: Readonly<Record<string, unknown>>,
  options: Record<string, OptionText>,
): Record<string, unknown> {
  const params: Record<string, unknown> = {};
  for (const [name, { flag }] of Object.entries(options)) {
    const value = values[camel(flag ?? kebab(name))];
    if (value !== undefined) params[name] = value;
  }
  return params;
}
