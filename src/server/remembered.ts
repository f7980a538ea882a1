/**
 * Has all who ask for the same share one answer, also while it is worked out, and remembers the last of them: for what never changes.
 * Where there is an error instead of an answer, the next who asks has it tried again.
 * @param most answers that are remembered
 * @param work answers the question that a key stands for
 */
export function remembered<T>(most: number, work: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const answers = new Map<string, Promise<T>>();
  return (key) => {
    const answer = answers.get(key) ?? work(key);
    // Those that were asked for last are at the end.
    answers.delete(key);
    answers.set(key, answer);
    const [oldest] = answers.keys();
    if (answers.size > most && oldest !== undefined) answers.delete(oldest);
    answer.catch(() => {
      if (answers.get(key) === answer) answers.delete(key);
    });
    return answer;
  };
}
