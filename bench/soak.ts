/*
 * Keeps a server busy for some minutes, and prints what memory it holds: tsx bench/soak.ts <address> [minutes] [clients]
 * In each wave clients ask for tiny paintings, send what is refused or breaks off, watch and stop watching, look at pictures, and
 * remove everything; one of them waits for its painting first, unless --no-paintings says that there is nobody who paints. Memory
 * that goes on growing from wave to wave is held by something.
 */
import { readFileSync } from 'node:fs';
import { table } from './table.ts';

const words = process.argv.slice(2).filter((word) => word !== '--no-paintings');
const [address, minutes = '10', clients = '10'] = words;
if (address === undefined) {
  process.stderr.write('Start "velatura serve", and give its address.\n');
  process.exit(2);
}
const headers: Record<string, string> = process.env.VELATURA_TOKEN
  ? { authorization: `Bearer ${process.env.VELATURA_TOKEN.split(',')[0]}` }
  : {};

const example = (name: string) => readFileSync(new URL(`../examples/pictures/${name}`, import.meta.url));
const [content, style] = [example('townscape.jpg'), example('swirls.jpg')];

function form(picture: Uint8Array, seed: number): FormData {
  const body = new FormData();
  body.append('content', new File([new Uint8Array(picture)], 'townscape.jpg'));
  body.append('style', new File([new Uint8Array(style)], 'swirls.jpg'));
  body.append('settings', JSON.stringify({ scales: [32], steps: [3], seed }));
  return body;
}

const send = (path: string, options: RequestInit = {}) => fetch(`${address}${path}`, { ...options, headers });

/** Asks, and gives the id; nothing where too many wait. */
async function ask(seed: number): Promise<string | undefined> {
  const answer = await send('/paintings', { method: 'POST', body: form(content, seed) });
  const { id } = (await answer.json()) as { id?: string };
  if (!answer.ok && answer.status !== 429) throw new Error(`A painting was refused: ${answer.status}`);
  return id;
}

/** Opens a stream of events, and goes away after a while without a word. */
async function glance(id: string, milliseconds: number): Promise<void> {
  const away = new AbortController();
  setTimeout(() => away.abort(), milliseconds);
  await send(`/paintings/${id}/events`, { signal: away.signal })
    .then((answer) => answer.text())
    .catch(() => {});
}

async function client(seed: number, patient: boolean): Promise<void> {
  const id = await ask(seed);
  // Cut off, and broken off.
  await (
    await send('/paintings', { method: 'POST', body: form(content.subarray(0, 20_000), seed) })
  ).arrayBuffer();
  const away = new AbortController();
  setTimeout(() => away.abort(), 2);
  await send('/paintings', { method: 'POST', body: form(content, seed), signal: away.signal }).catch(
    () => {},
  );
  await (await send('/paintings')).arrayBuffer();
  if (id === undefined) return;
  await Promise.all([glance(id, 50), glance(id, 200), glance(id, 500)]);
  if (patient) {
    await (await send(`/paintings/${id}/events`)).text();
    for (const format of ['png', 'jpg', 'tiff']) {
      await (await send(`/paintings/${id}/picture?format=${format}`)).arrayBuffer();
    }
  }
  for (const part of ['', '/content', '/styles/0', '/preview']) {
    await (await send(`/paintings/${id}${part}`)).arrayBuffer();
  }
  await send(`/paintings/${id}`, { method: 'DELETE' });
}

/** A number that the server tells of itself. */
function told(metrics: string, name: string): number {
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1] ?? Number.NaN);
}

const paints = !process.argv.includes('--no-paintings');
const began = performance.now();
const row = table([8, -8, -10, -10, -12, -10, -10]);
row('minute', 'waves', 'RSS MB', 'heap MB', 'outside MB', 'files', 'streams');
const samples: { readonly minute: number; readonly heap: number; readonly resident: number }[] = [];
let waves = 0;
let nextRow = 0;
for (let minute = 0; minute < Number(minutes); minute = (performance.now() - began) / 60_000) {
  // One of them waits for its painting, the others go away before.
  await Promise.all(
    Array.from({ length: Number(clients) }, (_, i) => client(1000 * waves + i, paints && i === 0)),
  );
  waves++;
  const metrics = await (await send('/metrics')).text();
  const megabytes = (name: string) => told(metrics, name) / 1e6;
  const [resident, heap] = [
    megabytes('process_resident_memory_bytes'),
    megabytes('nodejs_heap_size_used_bytes'),
  ];
  samples.push({ minute, heap, resident });
  if (minute < nextRow) continue;
  nextRow = minute + 0.5;
  row(
    minute.toFixed(1),
    String(waves),
    resident.toFixed(0),
    heap.toFixed(0),
    megabytes('nodejs_external_memory_bytes').toFixed(0),
    String(told(metrics, 'process_open_fds')),
    String(told(metrics, 'velatura_streams')),
  );
}

/** The lowest of the second half by how it changes: what lies between two collections of garbage says nothing. */
function slope(of: 'heap' | 'resident'): string {
  const half = samples.slice(samples.length >> 1);
  const middle = half.length >> 1;
  const lowest = (part: typeof samples) => Math.min(...part.map((sample) => sample[of]));
  return (lowest(half.slice(middle)) - lowest(half.slice(0, middle))).toFixed(1);
}
process.stdout.write(
  `From the third quarter to the last: heap ${slope('heap')} MB, resident ${slope('resident')} MB.\n`,
);
