import { type Interrupt, listenForInterrupt } from './interrupt.ts';

/** Runs something that ends only when Ctrl-C or SIGTERM asks for it, and then closes it. */
export async function untilStopped<T extends { close(): Promise<void> }>(
  start: () => Promise<T>,
  onStart: (started: T) => void,
): Promise<void> {
  const running = await start();
  let interrupt: Interrupt | undefined;
  try {
    const asked = new Promise<void>((resolve) => {
      interrupt = listenForInterrupt(resolve);
    });
    onStart(running);
    await asked;
    process.stderr.write(
      'Stopping; paintings go on from where they are next time. Ctrl-C again stops at once.\n',
    );
  } finally {
    await running.close();
    interrupt?.release();
  }
}
