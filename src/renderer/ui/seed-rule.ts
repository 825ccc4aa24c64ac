/** Owns the sentence that says what a seed may be. */
import { limits } from '../../shared/limits.ts';

export const seedRule = `A whole number from 0 to ${limits.seed.toLocaleString('en')} (2^53 - 1).`;
