/** Owns what is the same of all networks that timm saves: what config.json says beside the network itself. */
import { timmPreprocessing } from '../../core/images/timm-preprocessing.ts';
import { type ConfigFields, configFields, most } from '../../core/nn/config-fields.ts';
import type { ImageNetwork } from './network-encoder.ts';
import { labelsOf, type SavedNetwork, type Stages, type Trainable, type VisionKind } from './vision-kind.ts';

export interface SavedByTimm extends SavedNetwork {
  /** Without the tag of its weights. */
  architecture: string;
}

/** What a family knows of its network. */
export interface TimmNetwork {
  dim: number;
  /** null: it has no last layer. */
  classes: number | null;
  build: ImageNetwork['build'];
  /** How it is trained further, or why it cannot be. */
  stages: Stages | string;
  /** Parameters that pictures do not pass. */
  unused?: RegExp;
}

/** Classes of the network, null: it was saved without its last layer. @throws where config.json and the layer differ. */
export function timmClasses({ json, shapes }: SavedNetwork, head: string): number | null {
  const rows = shapes.get(`${head}.weight`)?.[0] ?? 0;
  const c = configFields(json, 'model');
  const named = (json as { num_classes?: unknown }).num_classes;
  if (named !== undefined && c.integer('num_classes', [0, most.classes]) !== rows) {
    c.fail('num_classes', `${rows}, as ${head}.weight has ${rows === 0 ? 'none' : 'rows'}`);
  }
  return rows === 0 ? null : rows;
}

/** @throws an error that names the field that is missing or not computed here. */
export function timmKind({ json, folder, architecture }: SavedByTimm, of: TimmNetwork): VisionKind {
  const c = configFields(json, 'model');
  const network: ImageNetwork = {
    preprocessing: timmPreprocessing(json),
    dim: of.dim,
    labels: of.classes === null ? null : timmLabels(c, of.classes, folder),
    build: of.build,
  };
  const trainable = typeof of.stages === 'string' ? of.stages : { ...of.stages, ...described(json) };
  return { what: architecture, network, trainable, unused: of.unused };
}

/** What matters in training alone. */
const ofTraining = /^(\w+_)?drop(_\w+)?$|^(weight_init|fix_init|head_init_scale)$/;

/**
 * What a network was made with beyond its name: sizes, which its parameters tell as well (`told`), and choices.
 * @throws where one is not computed here.
 */
export function timmArguments(
  json: unknown,
  told: readonly string[],
  taken: Readonly<Record<string, readonly unknown[]>> = {},
): ConfigFields {
  const given = (json as { model_args?: unknown }).model_args ?? {};
  const c = configFields(given, 'model_args');
  const always = { in_chans: [3], ...taken };
  for (const name of Object.keys(given as object)) {
    if (Object.hasOwn(always, name)) c.only(name, null, ...always[name as keyof typeof always]);
    else if (!told.includes(name) && name !== 'num_classes' && !ofTraining.test(name)) {
      c.fail(name, 'nothing: the network is not computed with it');
    }
  }
  return c;
}

const timmLabels = (c: ConfigFields, classes: number, folder: string) =>
  labelsOf(
    { names: c.isList('label_names') ? c.texts('label_names', most.classes) : null, field: 'label_names' },
    classes,
    folder,
  );

/** The config with other classes and for pictures of another size. */
const described = (json: unknown): Pick<Trainable, 'filesFor' | 'preprocessingAt'> => {
  const { pretrained_cfg: own, ...fields } = json as Record<string, unknown>;
  const sized = (size: number) => {
    const input_size = [3, size, size];
    // Older files have the fields of pretrained_cfg beside the others.
    return { ...fields, ...(own ? { pretrained_cfg: { ...(own as object), input_size } } : { input_size }) };
  };
  return {
    filesFor(labels, size) {
      const { model_args: made } = fields;
      const classes = { num_classes: labels.length };
      const args = made ? { model_args: { ...(made as object), ...classes } } : {};
      return { 'config.json': { ...sized(size), ...args, ...classes, label_names: labels } };
    },
    preprocessingAt: (size) => timmPreprocessing(sized(size)),
  };
};
