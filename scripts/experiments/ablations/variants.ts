/** Owns what is varied: each a change of the defaults, the first of each list none. */

export interface Variant {
  name: string;
  /** Of `crux train`, or for guidance of `crux control`. */
  options: readonly string[];
  /** Of a training: what it must be measured with. */
  control?: readonly string[];
}

export const trainingVariants: readonly Variant[] = [
  { name: 'defaults', options: [] },
  { name: 'class as a learned embedding', options: ['--label-encoding', 'embedding'] },
  { name: '1 difficulty token', options: ['--tokens', '1'] },
  { name: 'tokens overwrite the last of the text', options: ['--placement', 'overwrite'] },
  { name: 'a layer norm over the tokens', options: ['--token-norm'] },
  { name: 'difficulties as they occur', options: ['--no-balanced'] },
  { name: 'condition dropout 0.3', options: ['--condition-dropout', '0.3'] },
  {
    name: 'no condition dropout, guidance of the text alone',
    options: ['--condition-dropout', '0'],
    control: ['--guidance-mode', 'same-token'],
  },
  { name: 'no text dropout', options: ['--text-dropout', '0'] },
  { name: 'learning rate of the encoder 1e-3', options: ['--encoder-learning-rate', '0.001'] },
  { name: 'rank 4', options: ['--rank', '4'] },
];

export const guidanceVariants: readonly Variant[] = [
  { name: 'text 2, difficulty 5 (defaults)', options: [] },
  { name: 'none', options: ['--guidance-mode', 'null-token', '--guidance', '1'] },
  { name: 'both by 2', options: ['--guidance-mode', 'null-token', '--guidance', '2'] },
  { name: 'text 2 alone', options: ['--guidance-mode', 'same-token', '--guidance', '2'] },
  { name: 'difficulty 5 alone', options: ['--guidance', '1', '--difficulty-guidance', '5'] },
  { name: 'text 2, difficulty 8', options: ['--difficulty-guidance', '8'] },
];
