// @vitest-environment jsdom
/** Thousands of classes: no table and no list of choices brings them all into the document at once. */
import { fireEvent, screen, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { Filters } from '../../../src/renderer/browse/filters.tsx';
import { datasetOf, makeImages, summaryOf } from '../../../src/renderer/dev/fake-data.ts';
import { ClassTable } from '../../../src/renderer/difficulty/class-table.tsx';
import { testIds } from '../../../src/renderer/test-ids.ts';
import { mount } from '../mount.tsx';

const names = Array.from({ length: 5000 }, (_, i) => `class ${String(i).padStart(4, '0')}`);
const images = makeImages(20, 0);
const dataset = {
  ...datasetOf(images),
  classes: names.map((name, i) => ({ id: i + 1, index: i, name, images: 2, synthetic: 0 })),
};

test('a class table shows its first rows in the order asked for, and more on request', () => {
  const [one] = summaryOf(images, 2).classes;
  const some = names.slice(0, 1000);
  const classes = some.map((className, i) => ({ ...one, classId: i + 1, className, mean: i / 1000 }));
  mount(<ClassTable classes={classes} dataset={dataset} />);
  const rows = () => screen.getAllByTestId(testIds.classRow).map((row) => row.dataset.className);
  expect(rows()).toHaveLength(100);
  expect(rows()[0]).toBe('class 0999'); // the hardest of all, not of those shown
  fireEvent.click(screen.getByText('Class'));
  expect(rows()[0]).toBe('class 0000');
  fireEvent.click(screen.getByTestId(testIds.moreRows));
  expect(rows()).toHaveLength(200);
  expect(screen.getByTestId(testIds.moreRows).textContent).toMatch(/800 left/);
});

test('a choice of classes lists the first, says how many more there are, and finds each by its name', async () => {
  mount(<Filters dataset={dataset} />);
  const field = screen.getByTestId(testIds.filterClass);
  fireEvent.click(field);
  const options = () => within(screen.getByRole('listbox')).getAllByRole('option');
  expect(options()).toHaveLength(101);
  expect(options().at(-1)?.textContent).toMatch(/^4.900 more: type to find one$/);
  fireEvent.change(field, { target: { value: 'class 4321' } });
  expect(options().map((option) => option.textContent)).toEqual(['class 4321 (2)']);
});
