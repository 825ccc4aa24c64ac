/** Owns the table of the ten things a scene can show: drawing, usual places, usual and rare colours. */
import type { Colour } from './canvas.ts';
import { cup, house, umbrella } from './household.ts';
import { cat, fish, flower, tree } from './nature.ts';
import type { Pen } from './pen.ts';
import { bicycle, boat, car } from './vehicles.ts';

export type Ground = 'street' | 'meadow' | 'sea' | 'underwater' | 'beach' | 'indoors';

export const palette = {
  red: [208, 52, 48],
  blue: [48, 96, 190],
  green: [62, 140, 62],
  yellow: [236, 196, 60],
  orange: [232, 130, 46],
  purple: [136, 76, 170],
  pink: [232, 130, 170],
  grey: [140, 142, 150],
  white: [236, 234, 228],
  black: [48, 48, 54],
  teal: [40, 150, 150],
  brown: [140, 92, 56],
} as const satisfies Record<string, Colour>;
export type ColourName = keyof typeof palette;

export interface Thing {
  name: string;
  draw: (p: Pen) => void;
  /** Where it is met; one is drawn. */
  grounds: readonly Ground[];
  usual: readonly ColourName[];
  /** Main colours that it hardly ever has. */
  rare: readonly ColourName[];
  accents: readonly ColourName[];
  /** Its top and bottom within the box of -1..1, y down. */
  extent: readonly [number, number];
  /** Whether it stands on ground that shows its shadow. */
  shadow: boolean;
}

export const things: readonly Thing[] = [
  {
    name: 'car',
    draw: car,
    grounds: ['street', 'street', 'meadow'],
    usual: ['red', 'blue', 'grey', 'white'],
    rare: ['pink', 'purple'],
    accents: ['grey'],
    extent: [-0.55, 0.68],
    shadow: true,
  },
  {
    name: 'house',
    draw: house,
    grounds: ['meadow', 'meadow', 'street'],
    usual: ['white', 'yellow', 'orange'],
    rare: ['purple', 'teal'],
    accents: ['red', 'brown', 'grey'],
    extent: [-1, 0.78],
    shadow: true,
  },
  {
    name: 'tree',
    draw: tree,
    grounds: ['meadow', 'meadow', 'street'],
    usual: ['green'],
    rare: ['purple', 'blue', 'red'],
    accents: ['green'],
    extent: [-1, 0.95],
    shadow: true,
  },
  {
    name: 'fish',
    draw: fish,
    grounds: ['underwater', 'underwater', 'sea'],
    usual: ['orange', 'yellow', 'grey'],
    rare: ['black', 'green', 'brown'],
    accents: ['red', 'white', 'yellow'],
    extent: [-0.75, 0.65],
    shadow: false,
  },
  {
    name: 'cat',
    draw: cat,
    grounds: ['indoors', 'indoors', 'meadow'],
    usual: ['orange', 'grey', 'black', 'brown'],
    rare: ['green', 'blue', 'pink'],
    accents: ['yellow', 'green'],
    extent: [-0.95, 1],
    shadow: true,
  },
  {
    name: 'cup',
    draw: cup,
    grounds: ['indoors'],
    usual: ['white', 'blue', 'red'],
    rare: ['black', 'brown'],
    accents: ['yellow', 'teal', 'red'],
    extent: [-0.6, 0.8],
    shadow: true,
  },
  {
    name: 'boat',
    draw: boat,
    grounds: ['sea'],
    usual: ['red', 'brown', 'blue'],
    rare: ['pink', 'green'],
    accents: ['white', 'yellow', 'orange'],
    extent: [-0.95, 0.78],
    shadow: false,
  },
  {
    name: 'flower',
    draw: flower,
    grounds: ['meadow', 'meadow', 'indoors'],
    usual: ['pink', 'yellow', 'red', 'white'],
    rare: ['black', 'teal', 'grey'],
    accents: ['yellow', 'orange', 'brown'],
    extent: [-0.95, 1],
    shadow: true,
  },
  {
    name: 'umbrella',
    draw: umbrella,
    grounds: ['beach', 'street'],
    usual: ['red', 'yellow', 'purple', 'blue'],
    rare: ['brown', 'grey', 'green'],
    accents: ['white', 'yellow', 'blue'],
    extent: [-0.95, 0.95],
    shadow: true,
  },
  {
    name: 'bicycle',
    draw: bicycle,
    grounds: ['street', 'meadow'],
    usual: ['red', 'blue', 'teal', 'black'],
    rare: ['pink', 'yellow'],
    accents: ['brown', 'white'],
    extent: [-0.6, 0.78],
    shadow: true,
  },
];
