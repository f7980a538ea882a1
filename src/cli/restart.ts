import { KEEPS_FREED_MEMORY } from '../node/engine/allocator.ts';

/** Of fcntl(2): what happens to a stream when a program takes another's place. */
const F_SETFD = 2;

/** The commands that paint. */
const PAINTING = ['paint', 'texture', 'resume', 'augment'];

/**
 * Starts a command that paints anew, in this very process, where its allocator could be quicker: that is settled before a process
 * begins. It returns where there is nothing to gain, or no way to.
 * @param words the command line after the program's name
 */
export async function restartForPainting([command = '']: readonly string[]): Promise<void> {
  const settled = Object.keys(KEEPS_FREED_MEMORY).some((name) => process.env[name] !== undefined);
  // A parent's channel does not outlive the change.
  if (process.platform !== 'linux' || !PAINTING.includes(command) || settled || process.channel) return;
  const system = await load();
  if (!system) return;
  Object.assign(process.env, KEEPS_FREED_MEMORY);
  // Node lets nobody inherit the standard streams unasked.
  for (const stream of [0, 1, 2]) system.control(stream, F_SETFD, 'int', 0);
  const words = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  system.execute(process.execPath, [...words, null]);
}

interface System {
  /** fcntl(2) */
  readonly control: (stream: number, command: number, type: 'int', value: number) => number;
  /** execv(3); returns only where it fails. */
  readonly execute: (path: string, words: (string | null)[]) => number;
}

/** @returns nothing where there is another C library, or no way to call it */
async function load(): Promise<System | undefined> {
  try {
    const { default: koffi } = await import('koffi');
    const library = koffi.load('libc.so.6');
    return {
      control: library.func('int fcntl(int stream, int command, ...)'),
      execute: library.func('int execv(const char *path, const char **words)'),
    };
  } catch {
    return undefined;
  }
}
