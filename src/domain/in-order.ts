/**
 * Lets a request be checked item by item and written as a set. Items are handled strictly in request order,
 * so a failure of an earlier item, even one that only the write can find, is reported before that of a later
 * one: when `handle` fails, what was collected so far is flushed first. The caller's transaction undoes it.
 */
export async function inOrder<I, R>(
  items: readonly I[],
  handle: (item: I, index: number) => R | Promise<R>,
  flush: (results: R[]) => Promise<void>,
): Promise<R[]> {
  const results: R[] = [];
  try {
    for (const [index, item] of items.entries()) {
      const result = handle(item, index);
      results.push(result instanceof Promise ? await result : result);
    }
  } catch (error) {
    await flush(results);
    throw error;
  }
  await flush(results);
  return results;
}
