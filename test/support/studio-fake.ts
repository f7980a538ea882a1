import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import sharp, { type FormatEnum } from 'sharp';
import {
  architectureNamed,
  checkSettings,
  resolveSettings,
  settingsSchema,
  TEXTURE_SETTINGS,
  UserError,
} from 'velatura';
import * as z from 'zod';
import { type Event, FakePainting, type Order, type Upload } from './studio-fake-painting.ts';

const built = fileURLToPath(new URL('../../dist/studio', import.meta.url));
const examples = fileURLToPath(new URL('../../examples/pictures', import.meta.url));

/** What the page lives under: nothing inline, nothing from elsewhere. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.jpg': 'image/jpeg',
};

class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface FakeStudio {
  readonly url: string;
  /** What was ordered, the newest first, with the fields that came. */
  readonly orders: { fields: string[]; order: Order; masks: Upload[] }[];
  close(): Promise<void>;
}

/** The studio's server without a painter, in memory: the whole contract, and paintings that only look as if. */
export async function fakeStudio({
  token = '',
  pace = 8,
  failAt,
  full = [],
}: {
  token?: string;
  pace?: number;
  failAt?: number;
  /** Which orders find too many that wait, by their number from 0. */
  full?: readonly number[];
} = {}): Promise<FakeStudio> {
  const paintings: FakePainting[] = [];
  const orders: FakeStudio['orders'] = [];
  const keys = new Map<string, FakePainting>();
  let asked = 0;

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      const status = error instanceof Refusal ? error.status : error instanceof UserError ? 400 : 500;
      send(response, status, { error: { code: 'refused', message: String(error.message) } });
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://studio');
    const [first = '', id = '', part = '', which = ''] = url.pathname.slice(1).split('/');
    const does = `${request.method} ${first}`;
    if (does === 'POST session') return openSession(request, response);
    const guarded = ['paintings', 'networks', 'controls', 'examples'].includes(first);
    if (guarded && token && !(request.headers.cookie ?? '').includes(`velatura_token=${token}`)) {
      throw new Refusal(401, 'This studio wants its token.');
    }
    if (first === 'controls') return send(response, 200, id ? explainControls : controls());
    if (first === 'networks') return send(response, 200, networks);
    if (first === 'examples') return id ? sendFile(response, examples, id) : send(response, 200, exampleList);
    if (first !== 'paintings') return sendFile(response, built, url.pathname.slice(1) || 'index.html');
    if (!id) return request.method === 'POST' ? order(request, response) : list(url, response);
    const painting = paintings.find((painting) => painting.id === id);
    if (!painting) throw new Refusal(404, `There is no painting ${id}.`);
    if (request.method === 'DELETE') {
      painting.cancel();
      paintings.splice(paintings.indexOf(painting), 1);
      response.writeHead(204).end();
    } else if (request.method === 'POST') {
      if (part === 'pause') painting.pause();
      if (part === 'resume') painting.resume();
      if (part === 'stop') painting.stop();
      send(response, 200, painting.json());
    } else if (part === 'history' && !which) {
      const moments = painting.moments.map(({ scale, step }, n) => ({ scale, step, url: `${n}` }));
      send(response, 200, moments);
    } else if (part === 'events') follow(request, response, painting);
    else if (part === 'report' && painting.isOver) sendReport(response);
    else if (part === 'settings') send(response, 200, painting.resolved);
    else if (part === '') send(response, 200, painting.json());
    else await sendPicture(response, url, painting, part, Number(which));
  }

  async function openSession(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const given = JSON.parse(Buffer.from(await bodyOf(request).arrayBuffer()).toString());
    if (given.token !== token) throw new Refusal(401, 'That is not the token.');
    response.setHeader('set-cookie', `velatura_token=${token}; HttpOnly; SameSite=Strict; Path=/`);
    response.writeHead(204).end();
  }

  async function order(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (full.includes(asked++)) {
      response.setHeader('retry-after', '1');
      throw new Refusal(429, '50 of your paintings wait already; try again when one is done.');
    }
    const key = String(request.headers['idempotency-key']);
    const form = await bodyOf(request).formData();
    const from = paintings.find(({ id }) => id === form.get('from'));
    const settings = checkSettings(JSON.parse(String(form.get('settings') ?? '{}')));
    const said = form.get('texture');
    const texture = said === null ? undefined : JSON.parse(String(said));
    const content = texture ? undefined : ((await uploads(form, 'content'))[0] ?? from?.order.content);
    const given = await uploads(form, 'style');
    const styles = given.length > 0 ? given : (from?.order.styles ?? []);
    if ((!content && !texture) || styles.length === 0) throw new Refusal(400, 'Give a content and a style.');
    const size = content ? await sizeOf(content) : texture;
    for (const style of styles) await sizeOf(style);
    const every = form.get('history');
    const history = every === null ? undefined : Number(every);
    const asks = form.get('explain');
    const explain = asks === null ? undefined : JSON.parse(String(asks));
    const placed: Order = { content, texture, explain, history, styles, settings, ...(from && { from }) };
    const masks = [...(await uploads(form, 'contentRegions')), ...(await uploads(form, 'styleRegions'))];
    orders.unshift({ fields: [...form.keys()], order: placed, masks });
    const painting = keys.get(key) ?? new FakePainting(`p${orders.length}`, placed, size, { pace, failAt });
    if (!paintings.includes(painting)) paintings.unshift(painting);
    keys.set(key, painting);
    response.setHeader('location', `/paintings/${painting.id}`);
    send(response, 201, painting.json());
  }

  function list(url: URL, response: ServerResponse): void {
    const start = paintings.findIndex(({ id }) => id === url.searchParams.get('before')) + 1;
    const limit = Number(url.searchParams.get('limit') ?? 50);
    const page = paintings.slice(start, start + limit);
    const more = start + limit < paintings.length;
    send(response, 200, {
      paintings: page.map((painting) => painting.json()),
      ...(more && { next: page.at(-1)?.id }),
    });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    orders,
    async close() {
      for (const painting of paintings) painting.forget();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function follow(request: IncomingMessage, response: ServerResponse, painting: FakePainting): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const end = () => void response.end('event: end\ndata: {}\n\n');
  const tell = ({ id, name, data }: Event) => {
    response.write(`id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const last = Number(request.headers['last-event-id'] ?? 0);
  for (const event of painting.events.slice(last)) tell(event);
  if (painting.isOver) {
    end();
    return;
  }
  const listener = (event?: Event) => {
    if (event) tell(event);
    if (!event || painting.isOver) end();
  };
  painting.listeners.add(listener);
  response.on('close', () => painting.listeners.delete(listener));
}

async function sendPicture(
  response: ServerResponse,
  url: URL,
  painting: FakePainting,
  part: string,
  which: number,
): Promise<void> {
  const { content, styles } = painting.order;
  if (part === 'history') {
    const moment = painting.moments[which];
    if (!moment) throw new Refusal(404, 'There is no such picture.');
    return sendBytes(response, 'image/webp', await moment.picture);
  }
  if (part === 'content' || part === 'styles') {
    const { bytes } = (part === 'content' ? content : styles[which]) as Upload;
    const small = sharp(bytes).resize({ width: 1024, height: 1024, fit: 'inside', withoutEnlargement: true });
    return sendBytes(response, 'image/webp', await small.webp().toBuffer());
  }
  if (part === 'preview') {
    if (painting.done === 0) throw new Refusal(404, 'There is no preview yet.');
    return sendBytes(response, 'image/webp', await (await painting.picture()).webp().toBuffer());
  }
  if (painting.state !== 'done') throw new Refusal(409, 'The painting is not done.');
  const format = url.searchParams.get('format') ?? 'png';
  if (url.searchParams.has('download')) {
    response.setHeader('content-disposition', `attachment; filename="painting.${format}"`);
  }
  const bytes = await (await painting.picture()).toFormat(format as keyof FormatEnum).toBuffer();
  sendBytes(response, `image/${format}`, bytes);
}

/** The settings as JSON Schema, with their defaults. */
function controls() {
  const usual: Record<string, unknown> = resolveSettings({}, architectureNamed('resnet50'));
  const schema = z.toJSONSchema(settingsSchema);
  const properties = Object.entries(schema.properties ?? {}).map(([name, property]) => [
    name,
    {
      title: name,
      description: `About ${name}.`,
      ...(property as object),
      default: usual[name],
      ...(TEXTURE_SETTINGS.some((known) => known === name) && { ofTexture: true }),
    },
  ]);
  return { ...schema, properties: Object.fromEntries(properties) };
}

/** What an explanation looks into. */
const explainControls = {
  choices: {
    properties: {
      taps: { type: 'array', items: { type: 'string' }, default: ['conv1', '5c'] },
      maps: { type: 'integer', default: 8 },
      reconstructionSteps: { type: 'integer', default: 60 },
    },
  },
  defaults: { size: 256, scales: [128, 256], steps: [60, 45] },
};

const networks = ['resnet50', 'vgg19'].map((name) => ({
  name,
  title: architectureNamed(name).title,
  here: name === 'resnet50',
  taps: [],
}));

const example = (name: string) => ({ name, url: `/examples/${name}.jpg` });
const exampleList = {
  contents: ['townscape', 'portrait'].map(example),
  styles: ['swirls', 'cubes', 'poppies'].map(example),
};

function bodyOf(request: IncomingMessage): Response {
  const type = String(request.headers['content-type']);
  return new Response(Readable.toWeb(request) as ReadableStream, { headers: { 'content-type': type } });
}

async function uploads(form: FormData, field: string): Promise<Upload[]> {
  const read = form.getAll(field).map(async (value): Promise<Upload[]> => {
    if (typeof value === 'string') return [];
    return [{ name: value.name, bytes: new Uint8Array(await value.arrayBuffer()) }];
  });
  return (await Promise.all(read)).flat();
}

async function sizeOf({ name, bytes }: Upload): Promise<{ width: number; height: number }> {
  try {
    return await sharp(bytes).metadata();
  } catch {
    throw new Refusal(415, `${name} is not a picture that can be read; give a JPEG, PNG or WebP.`);
  }
}

/** A page of nobody’s, as a report is. */
function sendReport(response: ServerResponse): void {
  response.setHeader('content-security-policy', "sandbox allow-scripts; script-src 'unsafe-inline'");
  sendBytes(response, 'text/html', Buffer.from('<h1>What the network sees</h1>'));
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function sendBytes(response: ServerResponse, type: string, bytes: Uint8Array): void {
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(bytes);
}

function sendFile(response: ServerResponse, folder: string, name: string): void {
  const path = join(folder, normalize(`/${decodeURIComponent(name)}`));
  if (!existsSync(path)) throw new Refusal(404, `There is no ${name}.`);
  response.setHeader('content-security-policy', policy);
  response.setHeader('content-type', types[extname(path)] ?? 'application/octet-stream');
  response.end(readFileSync(path));
}
