import { expect, it } from 'vitest';
import { objectTables } from '../../scripts/tables.mjs';

it('finds the objects at the top of a module that any text is looked up in', () => {
  const source = `
const splits: Record<string, Split> = {
export const ops: Readonly<Record<string, (x: Value) => Value>> = {
const byKind: Record<Kind, string> = {
const names = new Map<string, string>([
  const local: Record<string, number> = {};
`;
  expect(objectTables(source)).toEqual([
    { line: 2, name: 'splits' },
    { line: 3, name: 'ops' },
  ]);
});
