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
  spearman:
    'Whether two scorers put the images into the same order, from −1 (reversed) over 0 (unrelated) to 1 (the same). The interval says what another sample of as many images could have given.',
  kendall:
    'Of all pairs of images, the share that both put into the same order less the share that they put into opposite ones (tau-b, ties counted apart).',
  kappa: 'Part of the agreement is chance, above all where most images are easy.',
  reliability:
    'Images are gathered by how sure the scorer is of its first choice. Each point compares what it says with how often it is right. The lower chart says how many images stand behind each point.',
  expectedError:
    'Expected calibration error: how far what it says is from how often it is right, on average over the images (15 groups).',
  logLoss:
    'Mean −ln p(label), in nats. Smaller is better; it punishes most what is sure and wrong. A temperature is fitted by it.',
  brier: 'Mean squared distance between the probabilities and the truth, from 0 to 2. Smaller is better.',
  temperature:
    'Probabilities are raised to the power 1 / T and made to sum to one again: T above 1 makes a scorer less sure, below 1 surer. These figures are honest: each fifth of the images has a temperature that was fitted on the others.',
  datasetMap:
    'Each point is an image. Up: the classifier believed in its label, on average over the epochs. Right: that belief changed much from epoch to epoch. Click a point to look at the image.',
  inSample:
    'One probe is trained on all images and scores the same images. Quicker, but it flatters: what it has memorised looks easy.',
} as const;
