/** Owns doing several things at once while keeping their order, so that results do not depend on timing. */

/**
 * Runs `work` on up to `concurrency` items at a time and yields the results in the items' order. When the consumer
 * stops early or one fails, no new work is begun; what is in flight is awaited.
 */
export async function* mapOrdered<T, R>(
  items: readonly T[],
  concurrency: number,
  work: (item: T, index: number) => Promise<R>,
): AsyncGenerator<R, void, void> {
  const running: Promise<R>[] = [];
  let next = 0;
  const begin = () => {
    while (running.length < concurrency && next < items.length) {
      const promise = work(items[next], next);
      promise.catch(() => {}); // reported when its turn comes
      running.push(promise);
      next++;
    }
  };
  try {
    begin();
    while (running.length > 0) {
      const result = await running.shift()!;
      begin();
      yield result;
    }
  } finally {
    await Promise.allSettled(running);
  }
}
