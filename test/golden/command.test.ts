/**
 * `npm run golden` as a command, on small folders made here (so also where no oracle data is): what is wrong fails,
 * whatever is not understood fails, and the exit code says so.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type TensorToWrite, writeSafetensors } from '../../src/main/files/safetensors.ts';

const script = join(import.meta.dirname, '../../scripts/golden.ts');
const base = mkdtempSync(join(tmpdir(), 'crux-golden-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

let root = '';
let made = 0;
beforeEach(() => {
  root = join(base, String(made++));
  mkdirSync(root);
});

/** y = a - b of two rows of three, with its gradients: a case of one operator. */
function writeSubtraction(
  change: (io: Record<string, TensorToWrite>, meta: Record<string, unknown>) => void,
) {
  const tensor = (...data: number[]): TensorToWrite => ({ shape: [2, 3], data: Float32Array.from(data) });
  const io: Record<string, TensorToWrite> = {
    'same.in.a': tensor(1, 2, 3, 4, 5, 6),
    'same.in.b': tensor(0.5, 0.25, 1, -1, 2, 0),
    'same.out.y': tensor(0.5, 1.75, 2, 5, 3, 6),
    'same.gout.y': tensor(1, -1, 2, 0.5, 0, 3),
    'same.grad.a': tensor(1, -1, 2, 0.5, 0, 3),
    'same.grad.b': tensor(-1, 1, -2, -0.5, 0, -3),
  };
  const one = {
    name: 'same',
    attrs: {} as Record<string, unknown>,
    inputs: { a: [2, 3], b: [2, 3] },
    no_grad_inputs: {},
    outputs: { y: [2, 3] },
    tol: { max_abs: 1e-5, rel_l2: 2e-6 },
  };
  const meta = { case: 'ops/sub', kind: 'op', cases: [one] };
  change(io, meta);
  const folder = join(root, 'ops', 'sub');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'meta.json'), JSON.stringify(meta));
  writeSafetensors(join(folder, 'io.safetensors'), io);
}

function write(path: string, text: string) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** Exit code, the checks by name, and what stderr says. */
function golden(...args: string[]) {
  const { INIT_CWD, ...env } = process.env;
  const result = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', env });
  const lines = result.stdout.split('\n').filter((line) => line.startsWith('{'));
  const checks = lines.map((line) => JSON.parse(line));
  const summary = result.stdout.trimEnd().split('\n').at(-1);
  return {
    code: result.status,
    checks,
    failed: checks.filter((c) => !c.pass),
    summary,
    stderr: result.stderr,
  };
}

describe('npm run golden', () => {
  it('passes a right case with exit code 0, and prints figures and tolerance of every check', () => {
    writeSubtraction(() => {});
    write('README.txt', 'What is here.');
    write('ops/sub/README.txt', 'How this was made.');
    write('ops/sub/make.py', '');
    write('.git/config', '');
    const { code, checks, summary } = golden(root);
    expect(code).toBe(0);
    expect(summary).toBe('cases 1, checks 4, passed 4, failed 0');
    expect(checks.map((c) => c.check)).toEqual(
      expect.arrayContaining(['same.out.y', 'same.grad.a', 'same.grad.b']),
    );
    expect(checks.find((c) => c.check === 'same.grad.b')).toEqual({
      case: 'ops/sub',
      check: 'same.grad.b',
      maxAbs: 0,
      relL2: 0,
      tolerance: { max_abs: 1e-5, rel_l2: 2e-6 },
      pass: true,
    });
  });

  it('prints the same six fields of a check that could not be made, with the reason in its name', () => {
    writeSubtraction((io) => {
      delete io['same.out.y'];
    });
    const { failed, summary } = golden(root);
    expect(failed[0]).toEqual({
      case: 'ops/sub',
      check: 'same: io.safetensors: no tensor same.out.y',
      maxAbs: null,
      relL2: null,
      tolerance: null,
      pass: false,
    });
    expect(summary).toBe('cases 1, checks 2, passed 0, failed 2, in: ops/sub');
  });

  it('fails files that are missing, cut short or no JSON, by name', () => {
    writeSubtraction(() => {});
    const io = join(root, 'ops/sub/io.safetensors');
    const whole = readFileSync(io);
    for (const spoil of [() => rmSync(io), () => writeFileSync(io, whole.subarray(0, -5))]) {
      spoil();
      const { code, failed } = golden(root);
      expect(code).toBe(1);
      expect(failed[0].check).toContain('io.safetensors');
    }
    for (const meta of ['{"kind": "op",', 'null', '{"kind": "op"}']) {
      write('ops/sub/meta.json', meta);
      const { code, failed } = golden(root);
      expect(code).toBe(1);
      expect(failed[0].check).toContain('meta.json');
    }
  });

  it('fails a single wrong number and a wrong shape', () => {
    for (const spoil of [
      (t: TensorToWrite) => {
        t.data[4] += 1e-3;
      },
      (t: TensorToWrite) => {
        t.shape = [3, 2];
      },
    ]) {
      writeSubtraction((io) => spoil(io['same.grad.a']));
      const { code, failed } = golden(root);
      expect(code).toBe(1);
      expect(failed.map((c) => c.check.split(': ')[0])).toEqual(['same.grad.a']);
    }
  });

  it('fails a NaN', () => {
    const mark = 12_345.5;
    writeSubtraction((io) => {
      io['same.grad.a'].data[2] = mark;
    });
    // Crux itself writes none.
    const file = join(root, 'ops/sub/io.safetensors');
    const bytes = readFileSync(file);
    const at = bytes.indexOf(Buffer.from(Float32Array.of(mark).buffer));
    bytes.writeFloatLE(Number.NaN, at);
    writeFileSync(file, bytes);
    const { code, failed } = golden(root);
    expect(code).toBe(1);
    expect(JSON.stringify(failed)).toMatch(/same\.grad\.a.*NaN/);
  });

  it('a tolerance factor forgives as much as it says', () => {
    writeSubtraction((io) => {
      io['same.out.y'].data[3] += 1e-4;
    });
    expect(golden(root).code).toBe(1);
    expect(golden(root, '--tolerance-factor', '20').code).toBe(0);
  });

  it('fails a kind, an attribute, an operator, a tensor and a file that it does not know', () => {
    write('new/meta.json', JSON.stringify({ case: 'new', kind: 'diffusion-transformer' }));
    write('lost/io.safetensors', 'not one');
    writeSubtraction((io, meta) => {
      (meta.cases as { attrs: object }[])[0].attrs = { alpha: 2 };
      io['same.grad.c'] = io['same.grad.a'];
    });
    write('ops/sub/notes.txt', 'x');
    write(
      'ops/fft/meta.json',
      JSON.stringify({ case: 'ops/fft', kind: 'op', cases: [{ name: 'x', tol: {} }] }),
    );
    const { code, failed } = golden(root);
    expect(code).toBe(1);
    const errors = Object.groupBy(failed, (c) => c.case);
    expect(errors.new?.[0].check).toContain('kind diffusion-transformer');
    expect(errors.lost?.[0].check).toContain('no meta.json');
    expect(errors['ops/sub']?.[0].check).toContain('attribute alpha');
    expect(errors['ops/sub']?.[1].check).toContain('notes.txt');
    expect(errors['ops/fft']?.[0].check).toContain('operator fft');
  });

  it('fails a case of which nothing can be checked', () => {
    write('ops/sub/meta.json', JSON.stringify({ case: 'ops/sub', kind: 'op', cases: [] }));
    const { code, failed } = golden(root);
    expect(code).toBe(1);
    expect(failed[0].check).toContain('no check was made');
  });

  it('runs the named cases alone', () => {
    writeSubtraction(() => {});
    write('new/meta.json', JSON.stringify({ kind: 'unheard' }));
    expect(golden(root, '--case', 'ops').code).toBe(0);
    expect(golden(root, '--case', 'new').code).toBe(1);
    expect(golden(root, '--case', 'op').stderr).toContain('no case op');
  });

  it('exits with 1 where the folder holds no case', () => {
    writeSubtraction(() => {});
    mkdirSync(join(root, 'empty'));
    for (const folder of ['missing', 'ops/sub/meta.json', 'empty']) {
      const { code, stderr } = golden(join(root, folder));
      expect(code, folder).toBe(1);
      expect(stderr).toContain(join(root, folder));
    }
  });

  it('exits with 2 and says how it is used where an argument is no good', () => {
    writeSubtraction(() => {});
    for (const args of [
      [],
      [root, '--provider', 'abacus'],
      [root, '--tolerance-factor', '0'],
      [root, '--fast'],
    ]) {
      const { code, stderr } = golden(...args);
      expect(code, args.join(' ')).toBe(2);
      expect(stderr).toContain('usage:');
    }
  });
});
