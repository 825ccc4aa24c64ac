/** Owns what a report shows, as plain data: whoever renders it has already computed and read everything. */
import type { DensityCurve } from '../../shared/domain/difficulty.ts';

export interface ReportImage {
  /** data: URI of the picture. */
  src: string;
  /** Measured difficulty, [0,1]; null while unscored. */
  difficulty: number | null;
  className: string;
  /** Most probable class; null while unscored. */
  predicted: string | null;
  /** What a person reads on hovering, usually the path. */
  title: string;
}

export interface Buckets {
  easy: number;
  medium: number;
  hard: number;
}

export interface ReportClass {
  name: string;
  count: number;
  mean: number; // of the difficulty, [0,1]
  median: number;
  accuracy: number; // [0,1]
  buckets: Buckets;
  easiest: ReportImage[];
  hardest: ReportImage[];
}

export interface ReportMap {
  method: string;
  modelName: string;
  classNames: string[];
  /** Two per point, any unit. */
  positions: Float32Array;
  classIndex: ArrayLike<number>; // -1: no class
  difficulty: ArrayLike<number>; // NaN: unscored
  synthetic: ArrayLike<number>; // 1: synthetic
}

export interface LevelRow {
  requested: number;
  count: number;
  mean: number; // measured
  sd: number;
  agreement: number; // share whose most probable class is the requested one
}

export interface ReportGenerated {
  levels: number[];
  /** images[class][level] */
  rows: { className: string; cells: ReportImage[][] }[];
  /** Images without a measured difficulty are not in these. */
  measured: LevelRow[];
}

export interface FactorCell {
  rho: number; // [-1,1]
  /** The 95 % interval leaves out 0. */
  certain: boolean;
  /** This class was made hard by this factor above all. */
  dominant: boolean;
}

export interface ReportFactors {
  names: string[];
  rows: { className: string; count: number; cells: (FactorCell | null)[] }[]; // null: not enough images, or constant
  /** Means over the classes; null where no class has a value. */
  mean: (number | null)[];
  /** Each factor's own share with the others held equal, over all classes, [-1,1]; null where it is not known. */
  own: (number | null)[];
}

export interface Pair {
  label: string;
  value: string;
}

export interface ReportData {
  title: string;
  /** One or two sentences: what this is. */
  lead: string;
  madeAt: string;
  figures: Pair[];
  stages: { name: string; seconds: number; detail: string }[];
  scorer: { name: string; method: string; modelName: string; accuracy: number | null } | null;
  buckets: Buckets | null;
  curves: DensityCurve[];
  classes: ReportClass[];
  map: ReportMap | null;
  generated: ReportGenerated | null;
  factors: ReportFactors | null;
  environment: Pair[];
  notes: string[];
}
