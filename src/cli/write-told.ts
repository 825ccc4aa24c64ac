/** Owns how a command writes a file for the analyst: whole or not at all, and a fault is told about the disk it goes to. */
import { dirname } from 'node:path';
import { told } from '../main/catalog/index.ts';
import { writeWhole } from '../main/files/write-whole.ts';

/** Makes the folders above it, too. */
export const writeTold = (file: string, content: Uint8Array | string): void =>
  told(dirname(file), () => writeWhole(file, typeof content === 'string' ? Buffer.from(content) : content));
