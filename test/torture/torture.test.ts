/**
 * Nasty files (corrupt, truncated, bombs, CMYK, 16-bit, animated, odd names): each must be decoded or listed with a
 * reason, in bounded memory. Uses ../shared/data/torture.tar.gz, which holds `expect.csv`: what Pillow does with each
 * file, as a reference and not as truth; where we differ, DEVIATIONS says why.
 */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImportNote } from '../../src/shared/import-summary.ts';
import { patience } from '../patience.ts';

const ARCHIVE = resolve(import.meta.dirname, '../../../shared/data/torture.tar.gz');
const missing =
  process.platform !== 'linux'
    ? 'the file names need Linux'
    : existsSync(ARCHIVE)
      ? null
      : '../shared/data/torture.tar.gz is not here';
if (missing) console.log(`torture test skipped: ${missing}`);

const NOT_READ = 'Pillow reads this format, Crux does not: it is refused by name';
const DEVIATIONS: Record<string, string> = {
  'depth16/hopper_16bit.pgm': NOT_READ,
  'formats/hopper.ico': NOT_READ,
  'formats/hopper.psd': NOT_READ,
  'formats/hopper.qoi': NOT_READ,
  'formats/relax_tileparts.jp2': NOT_READ,
  'formats/lab.tif': 'libvips does not read 8-bit CIELAB TIFF; refused in words',
  'corrupt/badrle.bmp': 'its runs leave the picture; Pillow wraps them into the next row',
  'pngsuite/xcsn0g01.png':
    'the checksum of its pixel data is wrong (PngSuite means it to be refused); Pillow does not check',
  'bomb/png_decompression_dos.png':
    'one pixel with a text that unpacks hugely; we never unpack the text, so it is harmless',
  'names/.hidden.jpg': 'hidden files are listed, not imported',
};

interface Report {
  result: { layout: string; found: number; skipped: number; unused: ImportNote[] };
  decoded: Record<string, { size: string; format: string; label: string | null; mean: number[] }>;
  listed: Record<string, string>;
  seconds: number;
  peakMiB: number;
}

interface Expected {
  file: string;
  size: string;
  pillow_result: string;
  exif_orientation: string;
}

/** expect.csv writes bytes that are not UTF-8 as \xE9; fs-names.ts as one private-use character. */
const ourName = (file: string): string =>
  file.replace(/\\x([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(0xf700 + Number.parseInt(hex, 16)));

describe.skipIf(missing !== null)('torture files (../shared/data)', () => {
  let dir: string;
  let report: Report;
  let expected: Expected[];

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'crux-torture-'));
    execFileSync('tar', ['-xzf', ARCHIVE, '-C', dir]);
    await mkdir(join(dir, 'thumbnails'));
    const root = join(dir, 'torture');
    const child = join(import.meta.dirname, 'import-child.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [child, root, join(dir, 'thumbnails')], {
      maxBuffer: 64 * 1024 * 1024,
      timeout: patience.jobMs,
    });
    report = JSON.parse(stdout);
    expected = parse(await readFile(join(root, 'expect.csv')), { columns: true, relax_column_count: true });
    const { decoded, listed, seconds, peakMiB } = report;
    console.log(
      `torture: ${Object.keys(decoded).length} decoded, ${Object.keys(listed).length} listed, ` +
        `${seconds.toFixed(1)} s, peak ${Math.round(peakMiB)} MiB`,
    );
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('accounts for every file, once', () => {
    expect(expected.length).toBeGreaterThan(280);
    for (const { file } of expected) {
      const name = ourName(file);
      expect([name in report.decoded, name in report.listed], file).toContain(true);
      expect(name in report.decoded && name in report.listed, file).toBe(false);
    }
    const known = new Set(expected.map((e) => ourName(e.file)));
    const extra = [...Object.keys(report.decoded), ...Object.keys(report.listed)].filter(
      (name) => !known.has(name),
    );
    expect(extra).toEqual(['names/loop']);
    expect(report.result.unused).toEqual([
      { what: 'Files that are not images', count: 2, examples: ['SOURCE.txt', 'expect.csv'] },
    ]);
  });

  it('stays within 1.5 GB', () => {
    expect(report.peakMiB).toBeLessThan(1430);
  });

  it('agrees with the reference on what is readable, but for the deviations', () => {
    const different = expected
      .filter((e) => ourName(e.file) in report.decoded !== (e.pillow_result === 'ok'))
      .map((e) => e.file);
    expect(different.sort()).toEqual(Object.keys(DEVIATIONS).sort());
  });

  it('agrees with the reference on sizes, turned upright', () => {
    for (const { file, size, exif_orientation } of expected) {
      const ours = report.decoded[ourName(file)];
      if (!ours || !size) continue;
      const [width, height] = size.split('x');
      expect(ours.size, file).toBe(Number(exif_orientation) >= 5 ? `${height}x${width}` : size);
    }
  });

  it('says what is wrong in words', () => {
    for (const [name, reason] of Object.entries(report.listed)) {
      expect(reason, name).toMatch(/^[a-zA-Z].{3,140}$/);
      expect(reason, name).not.toMatch(/vips|undefined|\[object|Error:|\n/i);
    }
    expect(report.listed).toMatchObject({
      'bomb/65536-uint32-limit.png': 'too large: 65536x65536 pixels, limit 100 megapixels',
      'bomb/giant-image.jpg': 'too large: 20000x14000 pixels, limit 100 megapixels',
      'bomb/made_20000x20000_rgb.png': 'too large: 20000x20000 pixels, limit 100 megapixels',
      'corrupt/made_zero_bytes.jpg': 'empty file',
      'corrupt/made_html_as.png':
        'a web page (HTML), not the file itself; download it again, signed in where the site wants it',
      'truncated/made_half.jpg': 'truncated',
      'truncated/pil_truncated_end_chunk.png': 'truncated',
      'names/dangling.jpg': 'a link whose target does not exist',
      'names/loop': 'a link back to a folder that contains it',
    });
  });

  it('has the colours right: means of a reference decode (Pillow, upright, to sRGB, on white)', () => {
    const reference: Record<string, number[]> = {
      'alpha-palette/with-alpha.png': [147.0, 87.0, 215.0],
      'alpha-palette/p3.png': [255.0, 0.0, 0.0],
      'alpha-palette/grey-8bit-alpha.png': [245.5, 245.5, 245.5],
      'alpha-palette/swiss.png': [249.7, 212.5, 213.8],
      'alpha-palette/prophoto.png': [117.0, 160.0, 210.0],
      'animated/animated-loop-3.gif': [253.0, 254.0, 251.0],
      'animated/rotating-squares.webp': [199.4, 216.1, 226.2],
      'depth16/Flag_of_the_Netherlands-16bit.png': [154.2, 117.6, 144.5],
      'depth16/16bit.cropped.tif': [1.5, 1.5, 1.5],
      'depth16/tiff_16bit_RGB.tiff': [41.8, 28.8, 21.6],
      'depth16/tbgn2c16.png': [167.2, 174.4, 169.3],
      'corrupt/pal8badindex.bmp': [29.3, 26.0, 15.5],
      'exif/portrait_6.jpg': [115.2, 117.8, 96.3],
      'formats/pitm.avif': [30.1, 37.8, 52.8],
      'formats/5_webp_a.webp': [223.9, 223.8, 224.0],
      'formats/G31D_MULTI.TIF': [235.8, 235.8, 235.8],
      'pngsuite/basn4a16.png': [214.2, 214.2, 214.2],
      'pngsuite/tp1n3p08.png': [167.1, 174.4, 169.3],
      'corrupt/Crash_test.gif': [131.5, 137.5, 116.4],
    };
    for (const [name, mean] of Object.entries(reference)) {
      for (let c = 0; c < 3; c++)
        expect(Math.abs(report.decoded[name].mean[c] - mean[c]), name).toBeLessThan(2);
    }
  });

  it('orientation: the eight landscapes look alike', () => {
    const means = [1, 2, 3, 4, 5, 6, 7, 8].map((o) => report.decoded[`exif/landscape_${o}.jpg`].mean);
    for (const mean of means)
      for (let c = 0; c < 3; c++) expect(Math.abs(mean[c] - means[0][c])).toBeLessThan(3);
  });
});
