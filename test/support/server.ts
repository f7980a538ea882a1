/* Servers and workers as people start them, and a client. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { writePicture } from 'velatura';
import { afterAll } from 'vitest';
import { type Running, start } from './cli.ts';
import { testFolder, waves } from './pictures.ts';

const folder = testFolder();

/** A PostgreSQL server on which databases can be made; CI has one. */
export const postgres = process.env.VELATURA_TEST_DATABASE_URL;
if (process.env.CI && !postgres) throw new Error('CI must set VELATURA_TEST_DATABASE_URL.');

/** Where paintings are kept: what every server on them is started with. */
export interface Place {
  readonly words: readonly string[];
  readonly env: Record<string, string>;
}

export async function embeddedPlace(): Promise<Place> {
  return {
    words: ['--data', join(mkdtempSync(join(folder, 'data-')), 'paintings')],
    env: { DATABASE_URL: '' },
  };
}

/** A database of its own, removed when the tests of the file are done. */
export async function postgresPlace(): Promise<Place> {
  const name = `velatura_test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  const run = async (statement: string) => {
    const client = new pg.Client({ connectionString: postgres });
    await client.connect();
    await client.query(statement);
    await client.end();
  };
  await run(`create database ${name}`);
  afterAll(() => run(`drop database ${name} with (force)`));
  const url = new URL(postgres as string);
  url.pathname = name;
  return { words: [], env: { DATABASE_URL: url.href } };
}

export const places: readonly (readonly [string, () => Promise<Place>])[] = [
  ['in the data folder', embeddedPlace],
  ...(postgres ? [['on a PostgreSQL server', postgresPlace] as const] : []),
];

/** What is started is ended when the tests of the file are done. */
const started = new Set<Running>();
afterAll(async () => {
  for (const { child } of started) child.kill('SIGKILL');
  for (const { outcome } of started) await outcome;
});

export interface TestServer extends Running {
  readonly url: string;
}

export async function startServer(
  place: Place,
  words: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<TestServer> {
  const running = start(['serve', '--port', '0', ...place.words, ...words], {
    cwd: folder,
    env: { VELATURA_TOKEN: '', ...place.env, ...env },
  });
  started.add(running);
  return { ...running, url: await running.until(/^http:\S+$/m) };
}

export async function startWorker(place: Place, words: readonly string[] = []): Promise<Running> {
  const running = start(['worker', ...words], { cwd: folder, env: place.env });
  started.add(running);
  await running.until(/Waiting/);
  return running;
}

/** Ends a process without a chance to say anything. */
export async function killAtOnce({ child, outcome }: Running): Promise<void> {
  child.kill('SIGKILL');
  await outcome;
}

/** The processes in which a server or worker paints. */
export function paintProcesses({ child }: Running): number[] {
  try {
    const found = execFileSync('pgrep', ['-P', String(child.pid)], { encoding: 'utf8' });
    return found.trim().split('\n').map(Number);
  } catch {
    // There are none.
    return [];
  }
}

export async function encoded(width: number, height: number, name = 'picture.png'): Promise<File> {
  const path = join(mkdtempSync(join(folder, 'picture-')), name);
  await writePicture(path, waves(width, height));
  const { openAsBlob } = await import('node:fs');
  return new File([await openAsBlob(path)], name);
}

export const content = await encoded(80, 60, 'content.png');
export const style = await encoded(60, 90, 'style.jpg');

export interface Painting {
  readonly id: string;
  readonly state: string;
  readonly [more: string]: unknown;
}

/** The form that asks for a painting. */
export function form(settings: object = {}, more: Record<string, Blob | string> = {}): FormData {
  const data = new FormData();
  data.append('content', content);
  data.append('style', style);
  data.append('settings', JSON.stringify(settings));
  for (const [name, value] of Object.entries(more)) data.set(name, value);
  return data;
}

export async function ask(
  { url }: { url: string },
  body: FormData,
  headers: Record<string, string> = {},
): Promise<Painting> {
  const answer = await fetch(`${url}/paintings`, { method: 'POST', body, headers });
  if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Painting;
}

/** Has something done with a painting, and returns what the painting is then. */
export async function command({ url }: { url: string }, id: string, what: string): Promise<Painting> {
  const answer = await fetch(`${url}/paintings/${id}/${what}`, { method: 'POST' });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  let painting = (await answer.json()) as Painting;
  // Where a step takes long, or the machine is busy, the answer is that it is wanted.
  await until(async () => {
    if (painting.wanted) painting = await look({ url }, id);
    return !painting.wanted;
  });
  return painting;
}

export async function look({ url }: { url: string }, id: string): Promise<Painting> {
  return (await (await fetch(`${url}/paintings/${id}`)).json()) as Painting;
}

export async function picture({ url }: { url: string }, id: string): Promise<Buffer> {
  const answer = await fetch(`${url}/paintings/${id}/picture`);
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return Buffer.from(await answer.arrayBuffer());
}

export interface TestEvent {
  readonly id: number;
  readonly name: string;
  readonly data: Record<string, unknown>;
}

/** The events of a painting, as they come; ends when the stream does, also when it breaks. */
export async function* events(
  { url }: { url: string },
  id: string,
  after?: number,
): AsyncGenerator<TestEvent> {
  const headers: Record<string, string> = after === undefined ? {} : { 'last-event-id': String(after) };
  const answer = await fetch(`${url}/paintings/${id}/events`, { headers });
  if (!answer.ok || !answer.body) throw new Error(`${answer.status} ${await answer.text()}`);
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const bytes of answer.body) {
      text += decoder.decode(bytes as Uint8Array, { stream: true });
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const lines = text.slice(0, end).split('\n');
        text = text.slice(end + 2);
        const field = (name: string) =>
          lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
        const name = field('event');
        if (name) yield { id: Number(field('id') ?? 0), name, data: JSON.parse(field('data') ?? '{}') };
      }
    }
  } catch (error) {
    // The server was killed.
    if (!(error instanceof TypeError)) throw error;
  }
}

/** Waits until an event is as wanted, and returns all until then. */
export async function eventsUntil(
  server: { url: string },
  id: string,
  wanted: (event: TestEvent) => boolean,
  after?: number,
): Promise<TestEvent[]> {
  const all: TestEvent[] = [];
  for await (const event of events(server, id, after)) {
    all.push(event);
    if (wanted(event)) return all;
  }
  throw new Error(`The stream ended: ${JSON.stringify(all.slice(-3))}`);
}

export function allEvents(server: { url: string }, id: string, after?: number): Promise<TestEvent[]> {
  return eventsUntil(server, id, ({ name }) => name === 'end', after);
}

/** Whether so many steps are done. */
export const stepsDone =
  (count: number) =>
  ({ name, data }: TestEvent): boolean =>
    name === 'step' && (data.done as number) >= count;

/** Waits until something is so. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
}
