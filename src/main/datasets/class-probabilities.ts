/**
 * Owns how probabilities that others made are brought to a dataset's classes: a classifier's logits by its label
 * names, and the probabilities that an import brought along. Names must match exactly; nothing is guessed. Both may know
 * more classes than the dataset has: its classes' share is brought to a sum of 1.
 */
import { checkProbabilities } from '../../core/difficulty/score.ts';
import { firstFew } from '../files/first-few.ts';

/** Column of the logits for each class. Throws where a class has no label of its name, or more than one. */
export function labelColumns(
  classNames: readonly string[],
  labels: readonly string[] | null,
  modelName: string,
): number[] {
  if (!labels)
    throw new Error(
      `model ${modelName}: it gives no class scores with names. If it has class scores, put labels.txt (one class name a line, in their order) beside its weights, or add an ONNX file again with --labels FILE; else score with a probe (out-of-fold)`,
    );
  const places = new Map<string, number>();
  const twice = new Set<string>();
  for (const [at, label] of labels.entries()) {
    if (places.has(label)) twice.add(label);
    places.set(label, at);
  }
  const missing = classNames.filter((name) => !places.has(name));
  if (missing.length > 0) {
    throw new Error(
      `model ${modelName}: no label is called ${missing.slice(0, 5).map(quote).join(', ')}${missing.length > 5 ? ` (and ${missing.length - 5} more)` : ''}; its labels are ${labels.slice(0, 5).map(quote).join(', ')}${labels.length > 5 ? ' ...' : ''}. Rename the classes, or score with a probe (out-of-fold)`,
    );
  }
  const doubled = classNames.find((name) => twice.has(name));
  if (doubled !== undefined)
    throw new Error(
      `model ${modelName}: two labels are called ${quote(doubled)}; rename one in its label file`,
    );
  return classNames.map((name) => places.get(name)!);
}

const quote = (name: string) => `"${name}"`;

/** logits: f32[n,width] -> f32[n,k]: softmax over the dataset's classes only, which then sum to 1. */
export function softmaxOfColumns(
  logits: Float32Array,
  n: number,
  width: number,
  columns: readonly number[],
): Float32Array {
  const k = columns.length;
  const p = new Float32Array(n * k);
  for (let i = 0; i < n; i++) {
    let max = -Infinity;
    for (const c of columns) max = Math.max(max, logits[i * width + c]);
    let sum = 0;
    for (let j = 0; j < k; j++) {
      p[i * k + j] = Math.exp(logits[i * width + columns[j]] - max);
      sum += p[i * k + j];
    }
    for (let j = 0; j < k; j++) p[i * k + j] /= sum;
  }
  return p;
}

/**
 * Whether names that probabilities came by are others than the classes' altogether, in words; null: they fit. Names beside
 * the classes are usual, and so are classes without a name; both at once are two names of one class.
 */
export function namesApart(classNames: readonly string[], given: ReadonlySet<string>): string | null {
  const missing = classNames.filter((name) => !given.has(name));
  const known = new Set(classNames);
  const unknown = [...given].filter((name) => !known.has(name));
  if (missing.length === 0 || unknown.length === 0) return null;
  return `No probabilities for ${firstFew(missing.map(quote))}, but for ${firstFew(unknown.map(quote))}, which the dataset does not have; rename the classes, or rename the probabilities in the source and import again`;
}

export const NO_SHARE = 'Probabilities that are 0 for all classes of the dataset';

/**
 * What an import brought for one image -> f32[k] in class order, summing to 1; null: 0 for each class. `where` names the
 * image in errors. The classes' columns are looked up once for all images: there may be thousands of both.
 */
export function givenRow(classNames: readonly string[]) {
  const k = classNames.length;
  const columnOf = new Map(classNames.map((name, column) => [name, column]));
  return (given: Record<string, number> | number[], where: string): Float32Array | null => {
    const row = new Float32Array(k);
    if (Array.isArray(given)) {
      if (given.length !== k)
        throw new Error(
          `${where}: ${given.length} probabilities for ${k} classes (${classNames.slice(0, 5).join(', ')}${k > 5 ? ' ...' : ''}); name them, as {"class": probability}`,
        );
      row.set(given);
    } else {
      for (const [name, p] of Object.entries(given)) {
        const column = columnOf.get(name);
        if (column !== undefined) row[column] = p;
      }
    }
    const whole = Float32Array.from(Object.values(given));
    checkProbabilities(whole, 1, whole.length, 0.011);
    const sum = row.reduce((total, p) => total + Math.max(0, p), 0);
    return sum === 0 ? null : row.map((p) => Math.max(0, p) / sum);
  };
}
