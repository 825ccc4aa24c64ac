/**
 * Owns what is still unanswered about an ONNX classifier. What the file says is filled in; what it does not say
 * stays empty until a person answers: nothing is guessed.
 */
import { type OnnxClassifierSpec, onnxClassifierSpec } from '../../shared/domain/model.ts';

/** Every field as text, as typed; '' means unanswered. */
export interface OnnxDraft {
  input: string;
  layout: string;
  width: string;
  height: string;
  channels: string;
  mean: string;
  std: string;
  resize: string;
  kernel: string;
  /** What the file said; nobody is asked. */
  arithmetic: string;
  cropShare: string;
  logits: string;
  features: string;
  labels: string;
}

const list = (values: readonly (string | number)[] | null | undefined, by: string) => values?.join(by) ?? '';
const text = (value: unknown) => (value === null || value === undefined ? '' : String(value));

export const draftOf = (known: Partial<OnnxClassifierSpec>): OnnxDraft => ({
  input: text(known.input),
  layout: text(known.layout),
  width: text(known.width),
  height: text(known.height),
  channels: text(known.channels),
  mean: list(known.mean, ', '),
  std: list(known.std, ', '),
  resize: text(known.resize),
  kernel: text(known.kernel),
  arithmetic: text(known.arithmetic),
  cropShare: text(known.cropShare),
  logits: text(known.logits),
  features: text(known.features),
  labels: list(known.labels, '\n'),
});

const numbers = (value: string): number[] =>
  value
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map(Number);

const hints: Record<Exclude<keyof OnnxDraft, 'arithmetic'>, string> = {
  input: 'Name the input tensor.',
  layout: 'Choose how the image tensor is laid out.',
  width: 'A whole number of pixels.',
  height: 'A whole number of pixels.',
  channels: 'Choose 1 (grey) or 3 (RGB).',
  mean: 'One number for each channel, for example 0.485, 0.456, 0.406.',
  std: 'One number above 0 for each channel, for example 0.229, 0.224, 0.225.',
  resize: 'Choose how images are brought to this size.',
  kernel: 'Choose a filter, or leave it empty.',
  cropShare: 'A share of 0.1 to 1, for example 0.875, or leave it empty.',
  logits: 'Name the output with the class scores, or the one with the features.',
  features: 'Name the output with the features, or leave it empty.',
  labels:
    'One label a line, in the order of the class scores; or name an output with features, to use it as an encoder.',
};

export interface Checked {
  spec: OnnxClassifierSpec | null;
  errors: Partial<Record<keyof OnnxDraft, string>>;
}

export function checkDraft(draft: OnnxDraft): Checked {
  const labels = draft.labels
    .split('\n')
    .map((label) => label.trim())
    .filter(Boolean);
  const answer = onnxClassifierSpec.safeParse({
    ...draft,
    input: draft.input.trim(),
    width: Number(draft.width),
    height: Number(draft.height),
    channels: Number(draft.channels),
    mean: numbers(draft.mean),
    std: numbers(draft.std),
    kernel: draft.kernel || undefined,
    arithmetic: draft.arithmetic || undefined,
    cropShare: draft.cropShare.trim() ? Number(draft.cropShare) : undefined,
    logits: draft.logits.trim() || null,
    features: draft.features.trim() || null,
    labels: labels.length ? labels : null,
  });
  const errors: Checked['errors'] = {};
  for (const issue of answer.error?.issues ?? []) {
    const field = issue.path[0] as keyof typeof hints;
    errors[field] ??= hints[field];
  }
  const channels = Number(draft.channels);
  if (!draft.input.trim()) errors.input = hints.input;
  if (numbers(draft.mean).length !== channels) errors.mean = hints.mean;
  if (numbers(draft.std).length !== channels || numbers(draft.std).some((std) => !(std > 0)))
    errors.std = hints.std;
  if (!draft.logits.trim() && !draft.features.trim()) errors.logits = hints.logits;
  // Without labels the class scores mean nothing, but the features still serve as an encoder.
  if (labels.length === 0 && !draft.features.trim()) errors.labels = hints.labels;
  return { spec: answer.success && Object.keys(errors).length === 0 ? answer.data : null, errors };
}
