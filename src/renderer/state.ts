/** Owns what the window remembers between screens: where the user is, what is filtered, what is selected. */
import { create } from 'zustand';
import type { ImageFilter, ImageSort } from '../shared/domain/image.ts';
import { emptySelection, type Selection } from './browse/selection.ts';

export const screens = [
  'datasets',
  'browse',
  'difficulty',
  'issues',
  'map',
  'train',
  'generate',
  'control',
  'review',
  'export',
  'jobs',
  'settings',
] as const;
export type Screen = (typeof screens)[number];

export type MapColour = 'class' | 'difficulty' | 'origin';

export interface Toast {
  id: number;
  kind: 'info' | 'error';
  title: string;
  message?: string;
}

interface State {
  screen: Screen;
  datasetId: number | null;
  filter: ImageFilter;
  sort: ImageSort;
  /** Restricts Browse to these images (a lasso on the map); null: no restriction. */
  within: Uint32Array | null;
  /** A text that the images are ordered by, the nearest first, and the CLIP that reads it; null: by `sort`. */
  like: { text: string; modelId: string } | null;
  /** Side of a grid cell in px, [72,256]. */
  cell: number;
  selection: Selection;
  inspectId: number | null;
  mapColour: MapColour;
  /** Dataset whose import is to be offered when the Datasets screen opens (menu command). */
  importRequested: boolean;
  /** Import whose end a person has read and closed. */
  closedImport: number | null;
  toasts: Toast[];
  show(screen: Screen): void;
  openDataset(datasetId: number | null): void;
  browse(filter: ImageFilter, sort?: ImageSort, within?: Uint32Array | null): void;
  setFilter(change: Partial<ImageFilter>): void;
  resetFilter(): void;
  setSort(sort: ImageSort): void;
  setLike(like: State['like']): void;
  setCell(cell: number): void;
  setSelection(selection: Selection): void;
  inspect(id: number | null): void;
  setMapColour(colour: MapColour): void;
  requestImport(requested: boolean): void;
  closeImport(jobId: number): void;
  toast(kind: Toast['kind'], title: string, message?: string): void;
  dismiss(id: number): void;
}

let nextToast = 1;

const freshBrowse = { filter: {}, within: null, like: null, selection: emptySelection, inspectId: null };

export const useStore = create<State>()((set) => ({
  screen: 'datasets',
  datasetId: null,
  sort: 'path',
  cell: 128,
  mapColour: 'class',
  importRequested: false,
  closedImport: null,
  toasts: [],
  ...freshBrowse,
  // What is inspected stays open where it belongs; a form is not the place for it.
  show: (screen) =>
    set((state) => ({
      screen,
      inspectId: screen === 'generate' || screen === 'train' ? null : state.inspectId,
    })),
  openDataset: (datasetId) => set({ datasetId, ...freshBrowse }),
  browse: (filter, sort, within = null) =>
    set((state) => ({
      screen: 'browse',
      filter,
      sort: sort ?? state.sort,
      within,
      like: null,
      selection: emptySelection,
      inspectId: null,
    })),
  setFilter: (change) =>
    set((state) => {
      const filter: Record<string, unknown> = { ...state.filter, ...change };
      // An absent field does not restrict, and a query key must not tell absent from undefined.
      for (const key of Object.keys(filter)) if (filter[key] === undefined) delete filter[key];
      return { filter: filter as ImageFilter };
    }),
  resetFilter: () => set({ filter: {}, within: null, like: null }),
  setSort: (sort) => set({ sort, like: null }),
  setLike: (like) => set({ like }),
  setCell: (cell) => set({ cell }),
  setSelection: (selection) => set({ selection }),
  inspect: (inspectId) => set({ inspectId }),
  setMapColour: (mapColour) => set({ mapColour }),
  closeImport: (closedImport) => set({ closedImport }),
  requestImport: (importRequested) => set({ importRequested }),
  toast: (kind, title, message) =>
    set((state) => ({ toasts: [...state.toasts.slice(-3), { id: nextToast++, kind, title, message }] })),
  dismiss: (id) => set((state) => ({ toasts: state.toasts.filter((toast) => toast.id !== id) })),
}));
