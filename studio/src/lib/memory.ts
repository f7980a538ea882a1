/** What the browser remembers for this page; nothing, where a person does not let it. */
export type Keep = 'session' | 'always';

export function recall(keep: Keep, key: string): string | undefined {
  try {
    return storageOf(keep).getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** @param value undefined to forget it */
export function remember(keep: Keep, key: string, value: string | undefined): void {
  try {
    if (value === undefined) storageOf(keep).removeItem(key);
    else storageOf(keep).setItem(key, value);
  } catch {
    // Then it is as it would be in a new browser, the next time.
  }
}

function storageOf(keep: Keep): Storage {
  return keep === 'always' ? localStorage : sessionStorage;
}
