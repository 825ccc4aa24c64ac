/** Owns how an ONNX classifier's spec says what transformers' processor file beside it says of its images. */
import { dirname } from 'node:path';
import type { OnnxClassifierSpec } from '../../shared/domain/model.ts';
import { readPreprocessor } from './preprocessor-file.ts';

type Prepared = Partial<
  Pick<
    OnnxClassifierSpec,
    'width' | 'height' | 'cropShare' | 'kernel' | 'arithmetic' | 'resize' | 'mean' | 'std'
  >
>;

/** @param type that config.json names. @throws naming the file, and what of it is not carried out here. */
export function readOnnxPreprocessing(file: string, type: string): Prepared {
  const { preprocessing } = readPreprocessor(dirname(file), { type });
  const { width, height, resize, kernel, arithmetic, mean, std } = preprocessing;
  const colours = { mean: [...mean], std: [...std] };
  if (!resize) return colours;
  const whole = resize.to === 'shortest' ? { width: resize.edge, height: resize.edge } : resize;
  if (resize.to === 'inside' || whole.width < width || whole.height < height)
    throw new Error(`${file}: images are padded, which is not carried out for ONNX models`);
  if (whole.width * height !== whole.height * width)
    throw new Error(
      `${file}: ${width}x${height} is cut out of ${whole.width}x${whole.height}; expected the same proportions`,
    );
  return {
    width,
    height,
    resize: resize.to === 'size' ? 'stretch' : 'crop',
    ...(whole.width === width ? {} : { cropShare: shareOf(width, whole.width) }),
    kernel,
    ...(arithmetic === 'torch' ? { arithmetic } : {}),
    ...colours,
  };
}

/** The share that makes exactly that side of this one: the side is its quotient, the fraction dropped. */
const shareOf = (side: number, enlarged: number) =>
  Math.floor(side / (side / enlarged)) === enlarged ? side / enlarged : side / (enlarged + 0.5);
