/** Owns the ten things a scene can show: each a few shaded shapes in a box of about -1..1 (y down), with variants. */
import type { Rng } from '../rng.ts';
import { type Affine, type Canvas, type Colour, ellipse, line, polygon, ring } from './canvas.ts';

export interface Pen {
  canvas: Canvas;
  map: Affine;
  rng: Rng;
  /** The thing's main colour, and a second that goes with it. */
  main: Colour;
  accent: Colour;
}

type Point = readonly [number, number];
export const mix = (a: Colour, b: Colour, t: number): Colour => [
  a[0] + t * (b[0] - a[0]),
  a[1] + t * (b[1] - a[1]),
  a[2] + t * (b[2] - a[2]),
];
const dark = (c: Colour, t = 0.45) => mix(c, [20, 20, 30], t);
const light = (c: Colour, t = 0.5) => mix(c, [255, 255, 255], t);

/** A filled shape with a darker rim, which keeps it legible on any ground. */
function solid(p: Pen, points: readonly Point[], colour: Colour, rim = 0.05): void {
  const n = points.length;
  const cx = points.reduce((s, q) => s + q[0], 0) / n;
  const cy = points.reduce((s, q) => s + q[1], 0) / n;
  const outer = points.map(([x, y]): Point => {
    const d = Math.hypot(x - cx, y - cy) || 1;
    return [x + ((x - cx) / d) * rim, y + ((y - cy) / d) * rim];
  });
  polygon(p.canvas, p.map, outer, dark(colour, 0.6), 0);
  polygon(p.canvas, p.map, points, colour);
}
const oval = (p: Pen, cx: number, cy: number, rx: number, ry: number, colour: Colour, rim = 0.05) =>
  solid(p, ring(cx, cy, rx, ry, 28), colour, rim);
const box = (x0: number, y0: number, x1: number, y1: number): Point[] => [
  [x0, y0],
  [x1, y0],
  [x1, y1],
  [x0, y1],
];
const glass: Colour = [190, 222, 240];
const tyre: Colour = [38, 38, 44];
const wood: Colour = [126, 84, 52];

function wheel(p: Pen, x: number, y: number, r: number): void {
  ellipse(p.canvas, p.map, x, y, r, r, tyre, 0.1);
  ellipse(p.canvas, p.map, x, y, r * 0.5, r * 0.5, [200, 200, 205]);
}

function car(p: Pen): void {
  const van = p.rng.uniform() < 0.3;
  const roof: Point[] = van
    ? [
        [-0.85, 0.1],
        [-0.8, -0.5],
        [0.45, -0.5],
        [0.75, 0.1],
      ]
    : [
        [-0.62, 0.1],
        [-0.38, -0.42],
        [0.3, -0.42],
        [0.62, 0.1],
      ];
  solid(p, roof, p.main);
  polygon(
    p.canvas,
    p.map,
    roof.map(([x, y]): Point => [x * 0.82 - 0.02, y * 0.8 - 0.02]),
    glass,
  );
  line(p.canvas, p.map, -0.02, -0.42, -0.02, 0.1, 0.08, p.main);
  solid(
    p,
    [
      [-1, 0.15],
      [-0.9, 0.02],
      [0.85, 0.02],
      [1, 0.2],
      [1, 0.45],
      [-1, 0.45],
    ],
    p.main,
  );
  ellipse(p.canvas, p.map, 0.9, 0.2, 0.08, 0.07, [255, 240, 170]);
  ellipse(p.canvas, p.map, -0.93, 0.2, 0.06, 0.06, [220, 40, 40]);
  wheel(p, -0.55, 0.45, 0.23);
  wheel(p, 0.55, 0.45, 0.23);
}

function house(p: Pen): void {
  const tall = p.rng.uniform() < 0.4 ? 0.2 : 0;
  const wall = light(p.main, 0.35);
  solid(p, box(-0.7, -0.15 - tall, 0.7, 0.75), wall);
  if (p.rng.uniform() < 0.6) solid(p, box(0.28, -0.75 - tall, 0.48, -0.3 - tall), dark(p.accent, 0.2));
  solid(
    p,
    [
      [-0.9, -0.12 - tall],
      [0, -0.85 - tall],
      [0.9, -0.12 - tall],
    ],
    p.accent,
  );
  solid(p, box(-0.14, 0.25, 0.18, 0.75), dark(p.accent, 0.3), 0.03);
  for (const x of [-0.48, 0.46]) {
    solid(p, box(x - 0.14, 0.08, x + 0.14, 0.38), glass, 0.03);
    line(p.canvas, p.map, x, 0.08, x, 0.38, 0.04, [250, 250, 250]);
  }
}

function tree(p: Pen): void {
  solid(
    p,
    [
      [-0.12, 0.95],
      [-0.08, 0.1],
      [0.08, 0.1],
      [0.14, 0.95],
    ],
    wood,
    0.03,
  );
  if (p.rng.uniform() < 0.4) {
    for (let i = 0; i < 3; i++)
      solid(
        p,
        [
          [-0.75 + 0.13 * i, 0.4 - 0.42 * i],
          [0, -0.35 - 0.32 * i],
          [0.75 - 0.13 * i, 0.4 - 0.42 * i],
        ],
        p.main,
        0.04,
      );
    return;
  }
  for (const [x, y, r] of [
    [-0.4, 0, 0.42],
    [0.4, 0.02, 0.4],
    [-0.22, -0.42, 0.42],
    [0.25, -0.4, 0.42],
    [0, -0.1, 0.5],
  ])
    oval(p, x, y, r, r * 0.92, p.main, 0.03);
  for (let i = 0; i < 5; i++)
    ellipse(
      p.canvas,
      p.map,
      p.rng.uniform() - 0.6,
      p.rng.uniform() * 0.7 - 0.6,
      0.12,
      0.1,
      light(p.main, 0.25),
      0,
    );
}

function fish(p: Pen): void {
  solid(
    p,
    [
      [-0.55, 0],
      [-1, -0.45],
      [-0.88, 0],
      [-1, 0.45],
    ],
    p.accent,
  );
  solid(
    p,
    [
      [-0.25, -0.3],
      [0.1, -0.75],
      [0.3, -0.3],
    ],
    p.accent,
    0.04,
  );
  solid(
    p,
    [
      [-0.1, 0.3],
      [-0.15, 0.62],
      [0.2, 0.3],
    ],
    p.accent,
    0.04,
  );
  oval(p, 0.1, 0, 0.75, 0.42, p.main);
  if (p.rng.uniform() < 0.5)
    for (const x of [-0.2, 0.08]) ellipse(p.canvas, p.map, x, 0, 0.07, 0.34, light(p.accent, 0.2), 0);
  ellipse(p.canvas, p.map, 0.55, -0.1, 0.12, 0.12, [255, 255, 255], 0);
  ellipse(p.canvas, p.map, 0.58, -0.1, 0.06, 0.06, [20, 20, 20], 0);
  line(p.canvas, p.map, 0.68, 0.16, 0.82, 0.1, 0.05, dark(p.main));
}

function cat(p: Pen): void {
  const ear = (s: number) => {
    solid(
      p,
      [
        [s * 0.62, -0.25],
        [s * 0.58, -0.95],
        [s * 0.12, -0.55],
      ],
      p.main,
      0.04,
    );
    polygon(
      p.canvas,
      p.map,
      [
        [s * 0.52, -0.42],
        [s * 0.5, -0.76],
        [s * 0.28, -0.56],
      ],
      [236, 160, 160],
      0,
    );
  };
  line(p.canvas, p.map, 0.45, 0.8, 0.9, 0.35, 0.16, dark(p.main, 0.2));
  oval(p, 0, 0.7, 0.55, 0.42, p.main);
  ear(-1);
  ear(1);
  oval(p, 0, -0.12, 0.66, 0.55, p.main);
  ellipse(p.canvas, p.map, 0, 0.12, 0.28, 0.2, light(p.main, 0.6), 0);
  for (const s of [-1, 1]) {
    ellipse(p.canvas, p.map, s * 0.27, -0.17, 0.14, 0.15, p.accent, 0);
    ellipse(p.canvas, p.map, s * 0.27, -0.17, 0.05, 0.14, [15, 15, 15], 0);
    for (const y of [0.08, 0.2]) line(p.canvas, p.map, s * 0.2, 0.12, s * 0.85, y, 0.025, [250, 250, 250]);
  }
  polygon(
    p.canvas,
    p.map,
    [
      [-0.08, 0.02],
      [0.08, 0.02],
      [0, 0.12],
    ],
    [230, 110, 120],
    0,
  );
}

function cup(p: Pen): void {
  const handle = p.rng.uniform() < 0.5 ? 1 : -1;
  oval(p, handle * 0.62, 0.1, 0.32, 0.3, p.main);
  ellipse(p.canvas, p.map, handle * 0.62, 0.1, 0.18, 0.16, dark(p.main, 0.75), 0);
  solid(
    p,
    [
      [-0.6, -0.45],
      [0.6, -0.45],
      [0.48, 0.7],
      [-0.48, 0.7],
    ],
    p.main,
  );
  if (p.rng.uniform() < 0.6)
    polygon(
      p.canvas,
      p.map,
      [
        [-0.56, -0.05],
        [0.56, -0.05],
        [0.53, 0.22],
        [-0.53, 0.22],
      ],
      p.accent,
      0.2,
    );
  oval(p, 0, -0.45, 0.6, 0.17, light(p.main, 0.3), 0.04);
  ellipse(p.canvas, p.map, 0, -0.42, 0.5, 0.11, [92, 58, 36]);
  if (p.rng.uniform() < 0.5)
    for (const x of [-0.2, 0.15]) line(p.canvas, p.map, x, -0.65, x + 0.08, -0.95, 0.05, [235, 235, 235]);
}

function boat(p: Pen): void {
  line(p.canvas, p.map, 0, 0.3, 0, -0.95, 0.07, wood);
  if (p.rng.uniform() < 0.7) {
    solid(
      p,
      [
        [0.08, -0.9],
        [0.8, 0.15],
        [0.08, 0.15],
      ],
      light(p.accent, 0.6),
      0.04,
    );
    solid(
      p,
      [
        [-0.08, -0.7],
        [-0.62, 0.15],
        [-0.08, 0.15],
      ],
      p.accent,
      0.04,
    );
  } else {
    solid(p, box(-0.5, -0.2, 0.35, 0.3), light(p.accent, 0.5));
    for (const x of [-0.3, 0.05]) ellipse(p.canvas, p.map, x, 0.02, 0.11, 0.11, glass);
    solid(p, box(-0.3, -0.65, -0.02, -0.2), p.accent);
  }
  solid(
    p,
    [
      [-1, 0.28],
      [1, 0.28],
      [0.68, 0.75],
      [-0.7, 0.75],
    ],
    p.main,
  );
  line(p.canvas, p.map, -0.92, 0.38, 0.92, 0.38, 0.08, [245, 245, 245]);
}

function flower(p: Pen): void {
  line(p.canvas, p.map, 0, 0, 0.05, 1, 0.1, [58, 128, 52]);
  solid(
    p,
    [
      [0.04, 0.75],
      [0.5, 0.4],
      [0.45, 0.7],
    ],
    [72, 150, 60],
    0.03,
  );
  solid(
    p,
    [
      [0.04, 0.85],
      [-0.48, 0.55],
      [-0.4, 0.85],
    ],
    [72, 150, 60],
    0.03,
  );
  const petals = 5 + p.rng.int(4);
  for (let i = 0; i < petals; i++) {
    const t = (2 * Math.PI * i) / petals;
    oval(p, 0.42 * Math.cos(t), -0.3 + 0.42 * Math.sin(t), 0.27, 0.27, p.main, 0.035);
  }
  oval(p, 0, -0.3, 0.26, 0.26, p.accent, 0.03);
}

function umbrella(p: Pen): void {
  line(p.canvas, p.map, 0, -0.6, 0, 0.85, 0.07, [70, 60, 60]);
  line(p.canvas, p.map, 0, 0.85, 0.22, 0.9, 0.07, [70, 60, 60]);
  line(p.canvas, p.map, 0.22, 0.9, 0.28, 0.72, 0.07, [70, 60, 60]);
  const top = ring(0, 0, 0.98, 0.8, 24, Math.PI, 2 * Math.PI);
  const wave: Point[] = [];
  for (let i = 0; i <= 20; i++)
    wave.push([0.98 - (1.96 * i) / 20, -0.13 * Math.abs(Math.sin((Math.PI * 4 * i) / 20))]);
  solid(p, [...top, ...wave], p.main);
  if (p.rng.uniform() < 0.75) {
    polygon(
      p.canvas,
      p.map,
      [
        [-0.5, -0.02],
        [-0.32, -0.66],
        [0, -0.8],
        [-0.06, -0.02],
      ],
      p.accent,
    );
    polygon(
      p.canvas,
      p.map,
      [
        [0.5, -0.02],
        [0.78, -0.42],
        [0.95, -0.1],
        [0.94, -0.02],
      ],
      p.accent,
    );
  }
  line(p.canvas, p.map, 0, -0.8, 0, -0.95, 0.06, [70, 60, 60]);
}

function bicycle(p: Pen): void {
  for (const x of [-0.58, 0.58]) {
    ellipse(p.canvas, p.map, x, 0.35, 0.42, 0.42, tyre, 0);
    ellipse(p.canvas, p.map, x, 0.35, 0.33, 0.33, p.accent, 0);
    for (let i = 0; i < 4; i++) {
      const t = (Math.PI * i) / 4 + 0.3;
      line(
        p.canvas,
        p.map,
        x - 0.33 * Math.cos(t),
        0.35 - 0.33 * Math.sin(t),
        x + 0.33 * Math.cos(t),
        0.35 + 0.33 * Math.sin(t),
        0.025,
        [150, 150, 155],
      );
    }
  }
  const bars: [number, number, number, number][] = [
    [-0.58, 0.35, -0.2, -0.28],
    [-0.2, -0.28, 0.4, -0.3],
    [0.4, -0.3, 0.02, 0.36],
    [0.02, 0.36, -0.58, 0.35],
    [-0.24, -0.36, 0.02, 0.36],
    [0.58, 0.35, 0.36, -0.5],
  ];
  for (const [a, b, c, d] of bars) line(p.canvas, p.map, a, b, c, d, 0.11, p.main);
  line(p.canvas, p.map, 0.2, -0.55, 0.5, -0.52, 0.09, tyre);
  solid(
    p,
    [
      [-0.45, -0.42],
      [-0.08, -0.42],
      [-0.12, -0.34],
      [-0.36, -0.34],
    ],
    tyre,
    0.03,
  );
}

export interface Thing {
  name: string;
  draw: (p: Pen) => void;
  /** Where it is usually met. */
  ground: 'street' | 'meadow' | 'water' | 'indoors';
  /** Main colours it often has; the rare ones are what it hardly ever has. */
  usual: readonly Colour[];
  rare: readonly Colour[];
  accents: readonly Colour[];
}

const red: Colour = [208, 52, 48];
const blue: Colour = [48, 96, 190];
const green: Colour = [62, 140, 62];
const yellow: Colour = [236, 196, 60];
const orange: Colour = [232, 130, 46];
const purple: Colour = [136, 76, 170];
const pink: Colour = [232, 130, 170];
const grey: Colour = [140, 142, 150];
const white: Colour = [236, 234, 228];
const black: Colour = [48, 48, 54];
const teal: Colour = [40, 150, 150];
const brown: Colour = [140, 92, 56];

export const things: readonly Thing[] = [
  {
    name: 'car',
    draw: car,
    ground: 'street',
    usual: [red, blue, grey, white],
    rare: [pink, purple],
    accents: [grey],
  },
  {
    name: 'house',
    draw: house,
    ground: 'meadow',
    usual: [white, yellow, orange],
    rare: [purple, teal],
    accents: [[168, 62, 48], [110, 80, 66], grey],
  },
  {
    name: 'tree',
    draw: tree,
    ground: 'meadow',
    usual: [green, [44, 118, 56], [94, 150, 54]],
    rare: [purple, blue, red],
    accents: [green],
  },
  {
    name: 'fish',
    draw: fish,
    ground: 'water',
    usual: [orange, yellow, [120, 160, 190]],
    rare: [black, green, brown],
    accents: [red, white, [240, 170, 70]],
  },
  {
    name: 'cat',
    draw: cat,
    ground: 'indoors',
    usual: [orange, grey, black, brown],
    rare: [green, blue, pink],
    accents: [
      [190, 210, 80],
      [110, 190, 120],
    ],
  },
  {
    name: 'cup',
    draw: cup,
    ground: 'indoors',
    usual: [white, blue, red],
    rare: [black, brown],
    accents: [yellow, teal, red],
  },
  {
    name: 'boat',
    draw: boat,
    ground: 'water',
    usual: [red, brown, blue],
    rare: [pink, green],
    accents: [white, yellow, orange],
  },
  {
    name: 'flower',
    draw: flower,
    ground: 'meadow',
    usual: [pink, yellow, red, white],
    rare: [black, teal, grey],
    accents: [yellow, orange, brown],
  },
  {
    name: 'umbrella',
    draw: umbrella,
    ground: 'street',
    usual: [red, blue, purple, yellow],
    rare: [brown, white],
    accents: [white, yellow, blue],
  },
  {
    name: 'bicycle',
    draw: bicycle,
    ground: 'street',
    usual: [red, blue, teal, black],
    rare: [pink, white],
    accents: [
      [196, 200, 204],
      [182, 190, 186],
    ],
  },
];

export const anyColours = [red, blue, green, yellow, orange, purple, pink, grey, white, black, teal, brown];
