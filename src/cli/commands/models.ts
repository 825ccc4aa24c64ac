/** Owns `crux models list|check|add|export-lora|remove`. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { WRITTEN_LAYOUTS, type WrittenLayout } from '../../core/nn/adapters/write-lora.ts';
import { checkModel } from '../../main/engine/check-model.ts';
import { inspect } from '../../main/engine/inspector.ts';
import { firstFew } from '../../main/files/first-few.ts';
import type { DiffusionReport, LoraReport } from '../../main/models/model-check.ts';
import { inGigabytes } from '../../main/runtime/out-of-memory.ts';
import type { OnnxClassifierSpec } from '../../shared/domain/model.ts';
import { isSafetensorsFile } from '../../shared/model-files.ts';
import { type CommandContext, finish, leaf, withGlobals } from '../command.ts';
import { CliError, usageError } from '../errors.ts';
import { table } from '../format.ts';
import type { Io } from '../io.ts';
import type { Values } from '../job-command.ts';
import { addOnnx, givenOnnx, type OnnxValues, onnxSpec, unanswered } from '../onnx-options.ts';
import { type Session, withSession } from '../session.ts';

function existing(io: Io, given: string): string {
  const path = resolve(io.cwd, given);
  if (!existsSync(path))
    throw usageError(`no model at ${path}; give an .onnx or .safetensors file, or a model's folder`);
  return path;
}

/** Parts, abilities and memory, for a person. */
function diffusionLines({ parts, abilities, memory }: DiffusionReport, verbose: boolean): string[] {
  const unknown = parts.filter((part) => part.unknownFields.length > 0);
  const surplus = parts.filter((part) => part.surplus.length > 0);
  return [
    ...parts.map(
      (part) =>
        `  ${part.part}: ${(part.parameters / 1e6).toFixed(1)} million parameters${verbose ? `, ${part.file}` : ''}`,
    ),
    ...surplus.map(
      (part) =>
        `  ${part.part}: ${part.surplus.length} unused ${part.surplus.length === 1 ? 'tensor' : 'tensors'}: ${firstFew(part.surplus)}`,
    ),
    ...unknown.map(
      (part) =>
        `  ${part.part}: config fields without effect, as Crux does not know them: ${firstFew(part.unknownFields)}`,
    ),
    ...(abilities.length > 0
      ? [
          `  can: ${abilities.join(', ')}`,
          '  not checked: the values of its weights; crux models add looks for NaN and infinite ones',
        ]
      : []),
    ...(memory
      ? [
          '  memory on the CPU, estimated (generation with guidance; LoRA of rank 4):',
          ...table(
            ['size', 'batch', 'generate', 'low memory', 'train', 'with checkpointing'],
            memory.map((row) => [
              row.size,
              row.batch,
              ...[row.inference, row.lowMemory, row.loraTraining, row.loraTrainingCheckpointed].map(
                inGigabytes,
              ),
            ]),
          ).map((line) => `    ${line}`),
        ]
      : []),
  ];
}

/** Each adapted layer with its effective scale. */
const loraLines = ({ layers }: LoraReport): string[] =>
  table(
    ['part', 'layer', 'kind', 'rank', 'alpha', 'scale', 'bias'],
    layers.map(({ part, layer, kind, rank, alpha, scale, bias }) => [
      part,
      layer,
      kind,
      rank,
      alpha,
      scale,
      bias ? 'yes' : 'no',
    ]),
  ).map((line) => `  ${line}`);

async function pathOf(session: Session, nameOrId: string): Promise<string> {
  const id = session.modelId(nameOrId);
  return (await session.models()).find((model) => model.id === id)!.path;
}

export function models(parent: Command, context: CommandContext): void {
  const group = parent.command('models').description('list, check, add or remove models');
  const { io } = context;

  withGlobals(leaf(group, 'list', 'list the built-in and added models')).action((values: Values) =>
    finish(context, values.json === true, () => {
      const body = async (session: Session) => {
        const list = await session.models();
        return {
          data: { command: 'models list', models: list },
          lines: table(
            ['id', 'kind', 'usable', 'name', 'summary'],
            list.map((m) => [m.id, m.kind, m.usable, m.name, m.problem ?? m.summary]),
          ),
        };
      };
      return withSession(io, values, body, { begins: true }); // it adds what lies in the models folder
    }),
  );

  const check = leaf(
    group,
    'check <path>',
    'say whether a model file or folder can be used, and why not',
  ).option(
    '--verbose',
    'also list the file of each part of a diffusion model, and the layers of a LoRA with kind, rank, alpha, scale and whether the bias changes',
  );
  withGlobals(check).action((given: string, values: Values & { verbose?: boolean }) =>
    finish(context, values.json === true, async () => {
      const path = existing(io, given);
      const found = await checkModel(path);
      const open = found.onnx ? unanswered(found.onnx) : [];
      return {
        data: { command: 'models check', path, ...found, unanswered: open },
        lines: [
          `${path}: ${found.usable ? 'usable' : 'not usable'} (${found.kind})`,
          ...(found.summary ? [`  ${found.summary}`] : []),
          ...found.problems.map((problem) => `  ${problem}`),
          ...(found.diffusion ? diffusionLines(found.diffusion, values.verbose === true) : []),
          ...(found.lora && values.verbose ? loraLines(found.lora) : []),
          ...(open.length > 0 ? [`  to be told when adding it: ${open.join(' ')}`] : []),
        ],
        failed: !found.usable,
      };
    }),
  );

  const add = leaf(
    group,
    'add <path>',
    'make a model known to the catalog; the file stays where it is',
  ).requiredOption('--name <name>', 'what to call it');
  withGlobals(addOnnx(add)).action((given: string, values: Values & OnnxValues & { name: string }) =>
    finish(context, values.json === true, async () => {
      const path = existing(io, given);
      const body = async (session: Session) => {
        const found = await checkModel(path);
        let onnx: OnnxClassifierSpec | undefined;
        if (found.onnx) {
          const spec = onnxSpec(found.onnx, values, io);
          const open = unanswered(spec);
          if (open.length > 0)
            throw usageError(`${path} does not say everything about itself; add: ${open.join(' ')}`);
          onnx = spec as OnnxClassifierSpec;
        } else if (!found.usable)
          throw new CliError(`${path} cannot be used: ${found.problems.join('; ') || found.summary}`);
        else if (givenOnnx(add).length > 0)
          throw usageError(
            `${givenOnnx(add).join(' ')}: only for an ONNX model, and ${path} is none (${found.kind}); leave it out. Class names go into labels.txt beside the weights, one a line`,
          );
        const entry = await session.addModel({ path, name: values.name, onnx });
        return {
          data: { command: 'models add', model: entry },
          lines: [`added ${entry.name} as ${entry.id} (${entry.kind}): ${entry.summary}`],
        };
      };
      return withSession(io, values, body, { begins: true });
    }),
  );

  const exportLora = leaf(
    group,
    'export-lora <adapter>',
    "write an adapter's LoRA for other programs: a trained difficulty adapter (name or id) or a LoRA file",
  )
    .addOption(
      new Option('--layout <layout>', 'diffusers, or kohya for ComfyUI and WebUIs')
        .choices(WRITTEN_LAYOUTS)
        .default('diffusers'),
    )
    .requiredOption('--out <file>', 'the .safetensors file to write');
  withGlobals(exportLora).action((given: string, values: Values & { layout: WrittenLayout; out: string }) =>
    finish(context, values.json === true, async () => {
      const file = resolve(io.cwd, given);
      const from = existsSync(file)
        ? file
        : await withSession(io, values, (session) => pathOf(session, given));
      const out = resolve(io.cwd, values.out);
      if (!isSafetensorsFile(out)) throw usageError(`--out ${values.out}: expected a .safetensors file`);
      if (existsSync(out)) throw usageError(`${out} exists already; name another file`);
      const layers = await inspect('lora.export', { from, out, layout: values.layout });
      return {
        data: { command: 'models export-lora', from, out, layout: values.layout, layers },
        lines: [`${out}: ${layers.unet + layers.textEncoder} adapted layers in ${values.layout} layout`],
      };
    }),
  );

  const remove = leaf(group, 'remove <model>', 'forget a model (name or id); its files stay as they are');
  withGlobals(remove).action((given: string, values: Values) =>
    finish(context, values.json === true, () =>
      withSession(io, values, async (session) => {
        const id = session.modelId(given);
        await session.removeModel(id);
        return {
          data: { command: 'models remove', model: id },
          lines: [`removed ${given} from the catalog`],
        };
      }),
    ),
  );
}
