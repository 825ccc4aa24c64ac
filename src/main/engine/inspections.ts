/**
 * Owns what may be asked about the analyst's files: one table of inspections, each with what goes in, what comes back,
 * how long it may take and how much it may say. The work itself is in inspect-child.ts, in a process of its own;
 * whoever asks (inspector.ts) sees schemas only.
 */
import { z } from 'zod';
import { WRITTEN_LAYOUTS } from '../../core/nn/adapters/write-lora.ts';
import { foundImages, imageSearch } from '../../shared/domain/image.ts';
import { modelKind, onnxClassifierSpec } from '../../shared/domain/model.ts';
import { generationOutline } from '../../shared/domain/provenance.ts';
import { generateParams } from '../../shared/jobs/generate.ts';
import { jobRequest } from '../../shared/jobs/index.ts';
import { withoutRules } from '../../shared/rules.ts';
import { modelCheck } from '../models/model-check.ts';

const count = z.number().min(0);

const path = z.string();

/** Milliseconds. A busy machine takes longer over the same work, so that only `limitMs` is by the clock alone. */
interface Limits {
  /** Of processor time. null: any, as it reads gigabytes from end to end. */
  workMs: number | null;
  /** Without working: a drive wakes up, or another process holds the catalog. */
  waitMs: number;
  /** From the request on, altogether. */
  limitMs: number;
}

/** Of a person who waits: answers, with the start of its process, within ten seconds. */
const check: Limits = { workMs: 8000, waitMs: 9000, limitMs: 60_000 };
/** Of a form. The catalog gives up by itself, in its own words, before its wait is over (catalog/open.ts). */
const form: Limits = { workMs: 8000, waitMs: 50_000, limitMs: 60_000 };
/** Runs a model of any size once. */
const trial: Limits = { workMs: 60_000, waitMs: 60_000, limitMs: 5 * 60_000 };
const reading: Limits = { workMs: null, waitMs: 5 * 60_000, limitMs: 30 * 60_000 };

const inspection = <I extends z.ZodType, O extends z.ZodType>(limits: Limits, input: I, output: O) => ({
  ...limits,
  input,
  output,
});

export const inspections = {
  /** What it is, and whether it can be used. */
  'model.check': inspection(check, z.object({ path }), modelCheck),
  /** The hash that provenance records. */
  'model.hash': inspection(reading, z.object({ path, kind: modelKind }), z.string()),
  /** Runs an ONNX classifier: the length of its features, and what its class scores are, and whether that was found by trial. */
  'model.try': inspection(
    trial,
    z.object({ name: z.string(), path, hash: z.string().nullable(), spec: onnxClassifierSpec }),
    z.object({ dim: count, scores: z.string().nullable(), tried: z.boolean() }),
  ),
  /** What to say where a job would not fit into memory. */
  'job.memory': inspection(form, z.object({ catalog: path, request: jobRequest }), z.string().nullable()),
  'generation.outline': inspection(
    form,
    z.object({ catalog: path, params: withoutRules(generateParams) }),
    generationOutline,
  ),
  /** Images of a dataset by their cosine with a text; those without features of the model are counted. */
  'images.like': inspection(trial, imageSearch.extend({ catalog: path }), foundImages),
  /** Writes an adapter's LoRA in another layout. */
  'lora.export': inspection(
    reading,
    z.object({ from: path, out: path, layout: z.enum(WRITTEN_LAYOUTS) }),
    z.object({ unet: count, textEncoder: count }),
  ),
} as const;

export type InspectionName = keyof typeof inspections;
export type InspectionInput<N extends InspectionName> = z.input<(typeof inspections)[N]['input']>;
export type InspectionOutput<N extends InspectionName> = z.output<(typeof inspections)[N]['output']>;

/** Long ones run one at a time, so that checks never wait for them. */
export const isLong = (name: InspectionName): boolean => inspections[name].workMs === null;

/** Characters of one answer as JSON; the longest honest one lists the tensors of a model that does not fit its config. */
export const MAX_ANSWER = 4 * 1024 * 1024;

export interface Ask {
  name: InspectionName;
  input: unknown;
}
export type Told = { ok: true; value: unknown } | { ok: false; message: string; code: string | null };
