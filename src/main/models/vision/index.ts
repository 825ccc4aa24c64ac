/** Owns the table of families of image networks that are read, in the order in which a refusal lists them. */
import { beitFamily } from './beit.ts';
import { clipFamily } from './clip.ts';
import { convnextFamily } from './convnext.ts';
import type { Family } from './family.ts';
import { mobileNetFamily } from './mobile-net.ts';
import { resnetFamily } from './resnet.ts';
import { swinFamily } from './swin.ts';
import { vitFamily } from './vit.ts';

export const families: readonly Family[] = [
  resnetFamily,
  vitFamily,
  convnextFamily,
  mobileNetFamily,
  swinFamily,
  beitFamily,
  clipFamily,
];
