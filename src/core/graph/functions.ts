/**
 * Owns nothing but the one name under which graphs are written: every operator and composite of operators/.
 * Shapes are numpy's; axes are >= 0 or counted from the end.
 */
export * from './operators/arithmetic.ts';
export * from './operators/attention.ts';
export * from './operators/convolution.ts';
export * from './operators/elementwise.ts';
export * from './operators/indexing.ts';
export * from './operators/losses.ts';
export * from './operators/normalisation.ts';
export * from './operators/pooling.ts';
export * from './operators/products.ts';
export * from './operators/reduction.ts';
export * from './operators/resampling.ts';
export * from './operators/shape.ts';
