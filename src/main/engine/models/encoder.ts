/** Owns what the engine asks of anything that turns pictures into features. */
export interface ImageEncoder {
  name: string;
  /** sha256 of the model's file(s): features and scores are stored under it. */
  hash: string;
  /** The size that `run` wants. */
  width: number;
  height: number;
  /** How a picture of another shape is brought to that size. */
  resize: 'stretch' | 'crop';
  dim: number;
  /** Class names behind `logits`; null when the model is no classifier or has no label file. */
  labels: readonly string[] | null;
  /** pixels: u8[n,height,width,3] RGB -> features f32[n,dim], logits f32[n,labels] where there are any. */
  run(pixels: Uint8Array, n: number): Promise<{ features: Float32Array; logits: Float32Array | null }>;
  close(): Promise<void>;
}
