/**
 * What a process's environment has to say, so that it keeps memory that was given back to its allocator for what asks for it next.
 * The GNU C library asks the system for each large array and gives it back at once, so that its pages are made anew and zeroed each
 * time: a fifth of the time of a step in tiles, whose programs take turns with their memory. One pool for all threads, since those
 * of threads other than the first come in pieces of 64 MB, which are too small. Other C libraries know nothing of these variables.
 */
export const KEEPS_FREED_MEMORY: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_MAX_: '0',
  MALLOC_TRIM_THRESHOLD_: String(2 ** 40),
};
