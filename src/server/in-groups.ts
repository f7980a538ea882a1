/**
 * Has what comes while others are worked on be worked on together, as soon as those are done. Where a group fails as a whole, each of
 * it is tried by itself: nobody has to answer for others.
 * @param work gives for each item, in their order, what gives its result or throws its error
 */
export function inGroups<T, R>(
  work: (items: readonly T[]) => Promise<readonly (() => R)[]>,
): (item: T) => Promise<R> {
  let next: { readonly items: T[]; readonly results: Promise<readonly (() => R)[]> } | undefined;
  let last: Promise<unknown> = Promise.resolve();

  function begin() {
    const items: T[] = [];
    const results = last.then(() => {
      next = undefined;
      return tried(items);
    });
    last = results.catch(() => {});
    return { items, results };
  }

  async function tried(items: readonly T[]): Promise<readonly (() => R)[]> {
    if (items.length === 1) return await work(items);
    return await work(items).catch(() => Promise.all(items.map(alone)));
  }

  async function alone(item: T): Promise<() => R> {
    try {
      return one(await work([item]), 0);
    } catch (error) {
      return () => {
        throw error;
      };
    }
  }

  return async (item) => {
    next ??= begin();
    const { items, results } = next;
    const place = items.push(item) - 1;
    return one(await results, place)();
  };
}

function one<T>(all: readonly T[], place: number): T {
  return all[place] as T;
}
