import { EngineError, UserError } from '../../node/index.ts';
import type { Order, Request } from '../queue/protocol.ts';
import { hear, say } from './channel.ts';
import { explainPainting } from './explain.ts';
import { paint } from './paint.ts';

/*
 * The program of the process that paints one painting for a worker. It knows nothing of the database: what it says is
 * written by the worker, if the painting is still the worker's.
 */

process.on('message', (request: Request) => {
  if (request.kind === 'paint') void run(request);
  else hear(request);
});
// Without its worker nobody would take what is painted here, and another may have begun to.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

async function run(order: Order): Promise<void> {
  try {
    await (order.explain ? explainPainting(order, order.explain) : paint(order));
  } catch (error) {
    await say({ kind: 'failed', reason: reasonOf(error) });
  }
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [line = ''] = message.split('\n');
  const expected = error instanceof UserError || error instanceof EngineError;
  return expected ? line : `Something went wrong that should not: ${line}`;
}
