/** Owns the words that explain the figures, once for every screen. */
export const definitions = {
  difficulty:
    's = 1 − p(true class): the scorer\u2019s probability for the label, subtracted from one. 0: it is sure of the label. 1: it gives the label no chance.',
  entropy:
    'H = −Σ p ln p over all classes, in nats. 0: all probability on one class. ln(number of classes): no idea. It does not use the label.',
  margin:
    'p(best) − p(second best). Near 0 two classes compete; near 1 one class stands alone. It does not use the label.',
  accuracy: 'Share of real images whose most probable class is their label.',
  requested: 'The difficulty that this image was generated for. Compare it with the measured one.',
  measured: 'The difficulty that the scorer gave the finished image.',
  buckets: 'Easy: s < 0.33. Medium: 0.33 ≤ s < 0.66. Extremely hard: s ≥ 0.66.',
  density:
    'Smoothed share of images at each difficulty (Gaussian kernel estimate). The area under every curve is one, so sets of different size compare.',
  outOfFold:
    'Each image is scored by a probe that never saw it: the images are dealt into folds, and each fold is scored by a probe trained on the others.',
  inSample:
    'One probe is trained on all images and scores the same images. Quicker, but it flatters: what it has memorised looks easy.',
} as const;
