/** Owns reading what `picture-details.ts` compares: from thumbnails, which are small and lie in the catalog. */
import { DETAIL_NUMBERS, DETAIL_SIDE, writeDetails } from '../../../../core/difficulty/picture-details.ts';
import type { WorkImage } from '../../../catalog/index.ts';
import { mapOrdered } from '../../../files/ordered.ts';
import { decodeRgb, UnreadableImage } from '../../../images/decode.ts';
import type { JobContext } from '../../../jobs/job-context.ts';

const DECODERS = 3;

/** i8[images,768]. An image whose thumbnail is gone keeps zeros: it counts as one without details. */
export async function detailsOf(
  { catalog, signal, log, progress }: Pick<JobContext, 'catalog' | 'signal' | 'log' | 'progress'>,
  images: readonly WorkImage[],
): Promise<Int8Array> {
  const details = new Int8Array(images.length * DETAIL_NUMBERS);
  const size = { width: DETAIL_SIDE, height: DETAIL_SIDE, fit: 'fill' } as const;
  progress({ stage: 'looking at details', done: 0, total: images.length });
  const pictures = mapOrdered(images, DECODERS, async (image) => {
    signal.throwIfAborted();
    return await decodeRgb(catalog.thumbnail(image.hash), size).catch((error: unknown) => {
      if (!(error instanceof UnreadableImage)) throw error;
      log(
        'warn',
        `${image.path}: no thumbnail (${error.reason}), so its features alone say whether it is a duplicate; import the dataset again`,
      );
      return null;
    });
  });
  let done = 0;
  for await (const picture of pictures) {
    if (picture) writeDetails(picture.pixels, details, done * DETAIL_NUMBERS);
    done++;
    progress({ done });
  }
  return details;
}
