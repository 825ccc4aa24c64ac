/** Owns what every image network gives. */
import type { Value } from '../graph/value.ts';

export interface VisionOutput {
  /** [n,dim], as the library pools them before the last layer. */
  features: Value;
  /** [n,num_classes], null where it has no last layer. */
  logits: Value | null;
}
