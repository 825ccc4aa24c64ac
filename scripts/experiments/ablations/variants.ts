/**
 * Owns what is varied. The first of each list is what the others change one setting of: the defaults of `crux train`
 * without the layer norm over the tokens, and the defaults of guidance.
 */

export interface Variant {
  name: string;
  /** Of `crux train`, or for guidance of `crux control`. */
  options: readonly string[];
  /** Of a training: what it must be measured with. */
  control?: readonly string[];
}

const base = ['--no-token-norm'];

export const trainingVariants: readonly Variant[] = [
  { name: 'base', options: base },
  { name: 'class as a learned embedding', options: [...base, '--label-encoding', 'embedding'] },
  { name: '1 difficulty token', options: [...base, '--tokens', '1'] },
  { name: 'tokens overwrite the last of the text', options: [...base, '--placement', 'overwrite'] },
  { name: 'a layer norm over the tokens: the defaults', options: [] },
  { name: 'difficulties as they occur', options: [...base, '--no-balanced'] },
  { name: 'condition dropout 0.3', options: [...base, '--condition-dropout', '0.3'] },
  {
    name: 'no condition dropout, guidance of the text alone',
    options: [...base, '--condition-dropout', '0'],
    control: ['--guidance-mode', 'same-token'],
  },
  { name: 'no text dropout', options: [...base, '--text-dropout', '0'] },
  { name: 'learning rate of the encoder 1e-3', options: [...base, '--encoder-learning-rate', '0.001'] },
  { name: 'rank 4', options: [...base, '--rank', '4'] },
];

export const guidanceVariants: readonly Variant[] = [
  { name: 'text 2, difficulty 5: the default', options: [] },
  { name: 'none', options: ['--guidance-mode', 'null-token', '--guidance', '1'] },
  { name: 'both by 2', options: ['--guidance-mode', 'null-token', '--guidance', '2'] },
  { name: 'text 2 alone', options: ['--guidance-mode', 'same-token', '--guidance', '2'] },
  { name: 'difficulty 5 alone', options: ['--guidance', '1', '--difficulty-guidance', '5'] },
  { name: 'text 2, difficulty 8', options: ['--difficulty-guidance', '8'] },
];
