/*
 * Fifty clients ask a server for paintings and watch them, all at once: tsx bench/load.ts <address> [clients] [--leave]
 * Names the slowest request of each kind. The paintings are tiny, and removed in the end; with --leave as soon as all watch, which
 * takes seconds rather than minutes and is as hard on whoever asks.
 */
import { readFileSync } from 'node:fs';
import { table } from './table.ts';

const leave = process.argv.includes('--leave');
const [address, clients = '50'] = process.argv.slice(2).filter((word) => word !== '--leave');
if (address === undefined) {
  process.stderr.write('Start "velatura serve", and give its address.\n');
  process.exit(2);
}

const picture = (name: string) =>
  new File([readFileSync(new URL(`../examples/pictures/${name}`, import.meta.url))], name);
const [content, style] = [picture('townscape.jpg'), picture('swirls.jpg')];
const headers: Record<string, string> = process.env.VELATURA_TOKEN
  ? { authorization: `Bearer ${process.env.VELATURA_TOKEN.split(',')[0]}` }
  : {};

/** Milliseconds of all requests of a kind. */
const times = new Map<string, number[]>();

async function timed(kind: string, path: string, options: RequestInit = {}): Promise<Response> {
  const began = performance.now();
  const answer = await fetch(`${address}${path}`, { ...options, headers });
  if (!answer.ok) throw new Error(`${kind}: ${answer.status} ${await answer.text()}`);
  times.set(kind, [...(times.get(kind) ?? []), performance.now() - began]);
  return answer;
}

let watching = 0;
let allWatch = () => {};
const everybodyWatches = new Promise<void>((resolve) => {
  allWatch = resolve;
});

async function client(seed: number): Promise<void> {
  const body = new FormData();
  body.append('content', content);
  body.append('style', style);
  body.append('settings', JSON.stringify({ scales: [32], steps: [3], seed }));
  const { id } = (await (await timed('ask', '/paintings', { method: 'POST', body })).json()) as {
    id: string;
  };
  // While the others are painted, somebody looks at the list.
  await (await timed('list', '/paintings')).arrayBuffer();
  const stream = await timed('watch', `/paintings/${id}/events`);
  if (++watching === Number(clients)) allWatch();
  if (leave) {
    await everybodyWatches;
    await stream.body?.cancel();
  } else {
    const events = await stream.text();
    if (!events.includes('event: done')) throw new Error(`Painting ${id} was not done.`);
    await (await timed('picture', `/paintings/${id}/picture`)).arrayBuffer();
  }
  await timed('remove', `/paintings/${id}`, { method: 'DELETE' });
}

const began = performance.now();
await Promise.all(Array.from({ length: Number(clients) }, (_, i) => client(i)));
const row = table([10, -10, -12, -12]);
row('request', 'count', 'median ms', 'slowest ms');
for (const [kind, all] of times) {
  const sorted = all.sort((a, b) => a - b);
  const [median = 0, slowest = 0] = [sorted[sorted.length >> 1], sorted.at(-1)];
  row(kind, String(all.length), median.toFixed(0), slowest.toFixed(0));
}
process.stdout.write(`${clients} paintings in ${((performance.now() - began) / 1000).toFixed(0)} s\n`);
