/**
 * A folder as today's diffusers saves it, from the command line: added, trained on, generated from, its LoRA exported, and
 * that LoRA's effect in diffusers. Where CRUX_PYTHON names a Python with diffusers, it is asked; elsewhere its answers to a
 * LoRA that was trained so are in test/fixtures/round-trip.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openSafetensors } from '../../src/main/files/safetensors.ts';
import { readJson } from '../../src/main/files/user-json.ts';
import { openDiffusionModel } from '../../src/main/models/diffusion/model-folder.ts';
import { openNoisePredictor } from '../../src/main/models/diffusion/sessions.ts';
import { readLoraFile } from '../../src/main/models/lora-file.ts';
import { makeFolder } from '../main/support/pictures.ts';
import { crux, json, temporaryFolder } from './run.ts';

const root = join(import.meta.dirname, '../..');
const model = join(root, 'test/fixtures/golden/sd21-v');
const fixtures = join(root, 'test/fixtures/round-trip');
const python = process.env.CRUX_PYTHON;
if (!python) console.warn('skipped: a LoRA loaded in diffusers (CRUX_PYTHON names no Python with diffusers)');

const cwd = temporaryFolder();
const exported = join(cwd, 'diffusers.safetensors');
const rank = 2;

const ok = async (...argv: string[]) => {
  const ran = await crux([...argv, '--json'], cwd);
  expect([ran.exit, ran.stderr]).toEqual([0, expect.not.stringMatching(/^crux: /m)]);
  return json(ran);
};

/** What Crux's U-Net predicts, with a LoRA or without one, of what diffusers was given. */
async function predicted(answers: ReturnType<typeof openSafetensors>, lora: string | null) {
  const loras = lora ? [{ name: lora, adapter: readLoraFile(lora), weight: 1 }] : [];
  const opened = openDiffusionModel(model, { loras, tokens: [] });
  const cpu = { provider: 'cpu', threads: 1 } as const;
  const noise = await openNoisePredictor(opened, cpu, 1, opened.textLength, null);
  try {
    const [t] = answers.read('timesteps');
    return await noise.predict(answers.read('sample'), t, answers.read('states'));
  } finally {
    await noise.close();
  }
}
const furthest = (a: Float32Array, b: Float32Array) => Math.max(...a.map((v, i) => Math.abs(v - b[i])));

/** Each file, by the name that the answers have it under, has the effect there that it has here; and has one. */
async function expectSameEffect(answersFile: string, files: Readonly<Record<string, string>>) {
  const answers = openSafetensors(answersFile);
  try {
    expect(furthest(await predicted(answers, null), answers.read('base'))).toBeLessThan(5e-6);
    for (const [name, file] of Object.entries(files)) {
      const theirs = answers.read(name);
      expect(furthest(theirs, answers.read('base'))).toBeGreaterThan(0.01);
      expect(furthest(await predicted(answers, file), theirs)).toBeLessThan(5e-6);
    }
  } finally {
    answers.close();
  }
}

describe('a folder of diffusers from the command line', () => {
  beforeAll(async () => {
    await makeFolder(join(cwd, 'set'), 3, 16);
    await ok('import', 'set', '--name', 'set');
    await ok('models', 'add', model, '--name', 'today');
    const { job } = (await ok(
      ...['train', 'set', '--base-model', 'today', '--kind', 'plain', '--steps', '10', '--rank', `${rank}`],
      ...['--batch-size', '2', '--lora-learning-rate', '0.01'],
    )) as { job: { result: { modelId: string; steps: number } } };
    expect(job.result.steps).toBe(10);
    const trained = job.result.modelId;
    await ok('models', 'export-lora', trained, '--out', exported);
    await ok('models', 'export-lora', trained, '--layout', 'kohya', '--out', 'kohya.safetensors');
  });

  it('generates with the LoRA that was trained on it', async () => {
    const args = ['--model', 'today', '--lora', exported, '--count', '1', '--steps', '2'];
    const { job } = (await ok('generate', 'set', ...args)) as { job: { result: { generated: number } } };
    expect(job.result.generated).toBe(3);
    expect(existsSync(join(cwd, 'catalog/synthetic'))).toBe(true);
    expect(readdirSync(join(cwd, 'catalog/synthetic'), { recursive: true }).length).toBeGreaterThanOrEqual(3);
  });

  it('exports the names and shapes that diffusers saves', () => {
    const { keys } = readJson(join(fixtures, 'keys.json')) as { keys: Record<string, number[]> };
    const written = openSafetensors(exported);
    written.close();
    expect(Object.fromEntries([...written.tensors].map(([name, { shape }]) => [name, [...shape]]))).toEqual(
      keys,
    );
    expect(JSON.parse(written.metadata.lora_adapter_metadata)).toMatchObject({
      'unet.r': rank,
      'unet.lora_alpha': rank,
    });
  });

  it.skipIf(!python)('exports what has the same effect in diffusers, in either layout', async () => {
    const answers = join(cwd, 'answers.safetensors');
    const files = { diffusers: exported, kohya: join(cwd, 'kohya.safetensors') };
    const script = join(root, 'scripts/fixtures/lora_in_diffusers.py');
    const ran = spawnSync(python!, [script, model, answers, ...Object.values(files)], {
      encoding: 'utf8',
      env: { ...process.env, OMP_NUM_THREADS: '1', HF_HUB_OFFLINE: '1' },
    });
    expect(ran.status, ran.stderr).toBe(0);
    await expectSameEffect(answers, files);
  });
});

it('a LoRA that was trained so had the same effect in diffusers', async () => {
  await expectSameEffect(join(fixtures, 'expected.safetensors'), {
    lora: join(fixtures, 'lora.safetensors'),
  });
});
