/**
 * Lets pieces of work run while what they take together is at most so much; others wait for their turn. One that takes more by
 * itself runs alone.
 */
export function within(most: number): <T>(amount: number, work: () => Promise<T>) => Promise<T> {
  let taken = 0;
  const waiting: { readonly amount: number; readonly start: () => void }[] = [];

  function startNext(): void {
    for (let next = waiting[0]; next; next = waiting[0]) {
      if (taken > 0 && taken + next.amount > most) return;
      waiting.shift();
      taken += next.amount;
      next.start();
    }
  }

  return async (amount, work) => {
    const turn = new Promise<void>((start) => waiting.push({ amount, start }));
    startNext();
    await turn;
    try {
      return await work();
    } finally {
      taken -= amount;
      startNext();
    }
  };
}
