/** Owns what a family of image networks is: which folders of timm and of transformers it reads. */
import type { SavedByTimm } from '../timm-vision.ts';
import type { SavedNetwork, VisionKind } from '../vision-kind.ts';

export interface Family {
  /** By timm's names of architectures, without the tag of the weights. */
  timm?: {
    architectures: RegExp;
    /** As a refusal lists them. */
    named: string;
    read(saved: SavedByTimm): VisionKind;
  };
  /** By config.json's model_type. */
  transformers?: { types: readonly string[]; read(saved: SavedNetwork, type: string): VisionKind };
}
