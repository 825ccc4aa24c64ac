/** Owns `<lora:name:0.8>` in prompts: which LoRAs a prompt asks for, and the text without them. */
import type { LoraTag } from './syntax.ts';

const tag = /<(\w+):([^>]*)>/g;
const number = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;
const largest = 10;

export const writtenTag = ({ name, weight }: LoraTag): string =>
  weight === null ? `<lora:${name}>` : `<lora:${name}:${weight}>`;

/** @throws naming a tag that asks for what Crux does not have. */
export function takeLoraTags(prompt: string): { text: string; loras: LoraTag[] } {
  const loras: LoraTag[] = [];
  const text = prompt.replaceAll(tag, (written, kind: string, rest: string) => {
    loras.push(readTag(written, kind, rest));
    return '';
  });
  const names = loras.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined)
    throw new Error(
      `LoRA ${twice} is named twice in one prompt; name it once, with the weight that you mean`,
    );
  return { text, loras };
}

function readTag(written: string, kind: string, rest: string): LoraTag {
  if (kind !== 'lora' && kind !== 'lyco')
    throw new Error(
      `${written} asks for a ${kind}, which Crux does not have; only <lora:name:weight> is read`,
    );
  const [name, weight, ...more] = rest.split(':').map((part) => part.trim());
  if (name === '') throw new Error(`${written} names no LoRA; write <lora:name:weight>`);
  if (more.length > 0 || weight?.includes('='))
    throw new Error(
      `${written} gives a LoRA several weights; Crux applies one to all of its layers: <lora:${name}:weight>`,
    );
  if (weight === undefined) return { name, weight: null };
  if (!number.test(weight) || Math.abs(Number(weight)) > largest)
    throw new Error(`${written}: expected a weight from -${largest} to ${largest}; 1: as trained`);
  return { name, weight: Number(weight) };
}
