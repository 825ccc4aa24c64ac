/** Looking into files in other processes: limits on work and memory, ends of any kind, and that nothing else stops. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { checkModel } from '../../../src/main/engine/check-model.ts';
import { InspectionError, inspect, inspectorPids } from '../../../src/main/engine/inspector.ts';
import { patience } from '../../patience.ts';
import { tempFolder } from '../support/catalogs.ts';
import { classifierSpec, put, writeClassifier } from '../support/pictures.ts';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('a process is ended', () => {
  const watched = join(import.meta.dirname, 'watched-child.ts');
  const run = (...args: (string | number)[]) => {
    const child = spawn(process.execPath, [watched, ...args.map(String)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.push(child);
    return child;
  };
  const end = async (child: ChildProcess) => {
    let said = '';
    child.stderr!.on('data', (text) => {
      said += text;
    });
    const [, signal] = await once(child, 'close');
    return { signal, said };
  };

  test('that takes more memory than it may, in the middle of a loop', async () => {
    const { signal, said } = await end(run(process.pid, 3e8, 0, 0, 0, 'memory'));
    expect(signal).toBe('SIGKILL');
    expect(said).toContain('needs more than 0.3 GB of memory to be read');
  });

  test('that works longer than it may', async () => {
    const { signal, said } = await end(run(process.pid, 8e9, 500, 60_000, 0, 'work'));
    expect(signal).toBe('SIGKILL');
    expect(said).toContain('takes more than 0.5 s to be read');
  });

  test.each([
    ['a drive', 0, 'gave nothing for 1.5 s; is it on a drive that does not answer?'],
    ['the catalog', 1, 'gave nothing for 1.5 s; is another program busy with the catalog?'],
  ])('that waits for %s longer than it may', async (_what, catalog, words) => {
    const { signal, said } = await end(run(process.pid, 8e9, 60_000, 1500, catalog, 'wait'));
    expect(signal).toBe('SIGKILL');
    expect(said.trim()).toBe(words);
  });

  test('whose asker is gone, however deep in its work', async () => {
    // A shell stands for the asker: its child, which never gives way, is the watched process.
    const asker = spawn(
      process.execPath,
      [
        '-e',
        `require('node:child_process').spawn(process.execPath, [${JSON.stringify(watched)}, '0', '8e9', '0', '0', '0', 'work'], { stdio: ['ignore', 'inherit', 'ignore'] })`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    started.push(asker);
    const [line] = (await once(createInterface({ input: asker.stdout! }), 'line')) as [string];
    const pid = Number(line);
    expect(alive(pid)).toBe(true);
    asker.kill('SIGKILL');
    await vi.waitFor(() => expect(alive(pid)).toBe(false), { timeout: patience.waitMs });
  });
});

describe('inspections', () => {
  const model = () => writeClassifier(join(tempFolder(), 'm.onnx'));

  test('are answered by other processes, of which there are few, while this one goes on', async () => {
    const path = model();
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 1);
    const answers = await Promise.all(Array.from({ length: 12 }, () => checkModel(path)));
    clearInterval(ticking);
    expect(answers.every(({ usable }) => usable)).toBe(true);
    expect(ticks).toBeGreaterThan(0);
    const pids = inspectorPids();
    expect(pids.length).toBeLessThanOrEqual(3);
    expect(pids).not.toContain(process.pid);
    await checkModel(path);
    expect(inspectorPids()).toEqual(pids); // kept for the next
  });

  test('that end their process fail with a sentence, and the next gets another one', async () => {
    const path = model();
    await checkModel(path);
    const [pid] = inspectorPids();
    const pending = Array.from({ length: 6 }, () => checkModel(path));
    for (const each of inspectorPids()) process.kill(each, 'SIGKILL');
    const answers = await Promise.all(pending);
    const ended = answers.filter(({ usable }) => !usable);
    expect(ended.length).toBeGreaterThan(0);
    expect(ended.length).toBeLessThanOrEqual(3);
    for (const { problems } of ended)
      expect(problems).toEqual([`${path} ended the process that looked at it (SIGKILL)`]);
    expect(await checkModel(path)).toMatchObject({ usable: true, kind: 'classifier' });
    expect(inspectorPids()).not.toContain(pid);
  });

  test('say what is wrong in the words of the file', async () => {
    const path = put(join(tempFolder(), 'm.safetensors'), 'nothing');
    expect(await checkModel(path)).toMatchObject({
      usable: false,
      problems: [expect.stringContaining(`${path}: a text file; `)],
    });
    await expect(
      inspect('model.try', { name: 'mine', path, hash: 'other', spec: classifierSpec }),
    ).rejects.toThrow(InspectionError);
  });
});
