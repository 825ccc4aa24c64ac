/** An ONNX classifier whose filter and crop a person chose: as timm prepares images with them. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { timmPreprocessing } from '../../../src/core/images/timm-preprocessing.ts';
import { hashFile } from '../../../src/main/files/hash.ts';
import { openOnnxClassifier } from '../../../src/main/models/onnx-classifier.ts';
import { onnxClassifierSpec, onnxQuestions } from '../../../src/shared/domain/model.ts';
import { tempFolder } from '../support/catalogs.ts';
import { classifierSpec, writeClassifier } from '../support/pictures.ts';

test('filter and crop share are those of the spec, and features of one spec are not those of another', async () => {
  const path = writeClassifier(join(tempFolder(), 'model.onnx'));
  const hash = await hashFile(path);
  const open = async (more: object) => {
    const spec = onnxClassifierSpec.parse({ ...classifierSpec, ...more });
    const encoder = await openOnnxClassifier(
      { name: 'mine', path, hash, spec },
      { provider: 'cpu', threads: 1 },
    );
    await encoder.close();
    return encoder;
  };
  const plain = await open({});
  expect((await open({ std: [0.5, 0.5, 0.5] })).hash).not.toBe(plain.hash);
  expect((await open({ cropShare: 0.5 })).hash).not.toBe(plain.hash);
  expect(plain.preprocessing).toMatchObject({ arithmetic: 'libvips', resize: { to: 'size', width: 8 } });

  const chosen = await open({ resize: 'crop', kernel: 'bicubic', cropShare: 0.875 });
  const timm = timmPreprocessing({ input_size: [3, 8, 8], mean: [0, 0, 0], std: [1, 1, 1] });
  expect(chosen.preprocessing).toEqual(timm);
  expect(chosen.hash).not.toBe(plain.hash);
  expect((await open({ resize: 'crop', kernel: 'bilinear', cropShare: 0.875 })).hash).not.toBe(chosen.hash);
});

test('a person is asked for what has no default alone', () => {
  expect(onnxQuestions).not.toContain('kernel');
  expect(onnxQuestions).not.toContain('cropShare');
  expect(onnxQuestions).toContain('resize');
});
