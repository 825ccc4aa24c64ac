/** Owns the three-part bar of easy, medium and extremely hard. */

import type { ClassDifficulty } from '../../shared/domain/difficulty.ts';
import { bucket } from '../../shared/domain/parts.ts';
import { count } from './format.ts';
import { bucketColour, bucketName } from './scale.ts';

export function BucketBar({ buckets, height = 8 }: { buckets: ClassDifficulty['buckets']; height?: number }) {
  const total = buckets.easy + buckets.medium + buckets.hard;
  const words = bucket.options.map((name) => `${bucketName[name]}: ${count(buckets[name])}`).join(', ');
  return (
    <div className="bucket-bar" style={{ height }} role="img" aria-label={words} title={words}>
      {total > 0 &&
        bucket.options.map((name) => (
          <div
            key={name}
            style={{ width: `${(100 * buckets[name]) / total}%`, background: bucketColour[name] }}
          />
        ))}
    </div>
  );
}
