/** Owns the order of evaluation: what some values reach, inputs before users, each once. */
import type { Value } from './value.ts';

export const inputsOf = (v: Value): readonly Value[] => (v.kind === 'node' ? v.inputs : []);

/** @param below what a value waits for; its inputs, unless the caller cuts or replaces them. */
export function topologicalOrder(
  roots: readonly Value[],
  below: (v: Value) => readonly Value[] = inputsOf,
): Value[] {
  const order: Value[] = [];
  const seen = new Set<Value>();
  for (const root of roots) {
    // An explicit stack: the graphs of real networks are deeper than the call stack.
    const stack: { v: Value; inputs: readonly Value[]; next: number }[] = [];
    const enter = (v: Value) => {
      if (seen.has(v)) return;
      seen.add(v);
      stack.push({ v, inputs: below(v), next: 0 });
    };
    enter(root);
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (top.next < top.inputs.length) enter(top.inputs[top.next++]);
      else order.push(stack.pop()!.v);
    }
  }
  return order;
}
