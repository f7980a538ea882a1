import { parentPort } from 'node:worker_threads';
import { foresee, readPicture, UserError } from '../../node/index.ts';
import { picturesIn } from '../paintings/uploads.ts';
import type { Answer, Inspection, Request } from './protocol.ts';

/*
 * The thread that looks at uploads. Pictures are decoded by threads of the system, but what is made of their pixels would hold
 * the server's own.
 */

/** Longest side, in pixels, to which a picture is decoded: enough to find out that all of it is there. */
const LOOK = 64;

parentPort?.on('message', async ({ id, inspection }: Request) => {
  parentPort?.postMessage({ id, ...(await look(inspection)) } satisfies Answer);
});

async function look({ sent, uploads, settings }: Inspection): Promise<Omit<Answer, 'id'>> {
  try {
    for (const { bytes, name } of sent) await readPicture(bytes, { longest: LOOK, name });
    if (uploads.content && uploads.regions)
      await foresee(uploads.content.bytes, { ...settings, ...picturesIn(uploads) });
    return {};
  } catch (error) {
    if (error instanceof UserError) return { refusal: error.message };
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
