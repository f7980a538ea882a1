import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Has those who ask for the same at nearly the same time share one answer. Nobody is given one that was begun before the question:
 * while one is worked out, and for a while after it was begun, all who ask wait for the next.
 * @param milliseconds from the beginning of one answer to that of the next, at least
 * @param work answers the question that a key stands for, where there is more than one
 */
export function together<T>(
  milliseconds: number,
  work: (key: string) => Promise<T>,
): (key?: string) => Promise<T> {
  const begun = new Map<string, Promise<void>>();
  const next = new Map<string, Promise<T>>();

  async function inTurn(key: string): Promise<T> {
    await begun.get(key);
    next.delete(key);
    const answer = work(key);
    const over = Promise.allSettled([answer, sleep(milliseconds)]).then(() => {
      if (begun.get(key) === over) begun.delete(key);
    });
    begun.set(key, over);
    return await answer;
  }

  return (key = '') => {
    const answer = next.get(key) ?? inTurn(key);
    next.set(key, answer);
    return answer;
  };
}
