import type {
  Controls,
  Examples,
  ExplainControls,
  Format,
  Moment,
  NetworkEntry,
  Painting,
} from './contract.ts';
import { askForToken } from './session.svelte.ts';

/** A request that the server refused, or did not get; the message says what to do. */
export class ApiError extends Error {
  readonly status: number;
  /** Seconds after which to try again, where the server said so. */
  readonly retryAfter: number | undefined;

  constructor(message: string, status: number, retryAfter?: number) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

const painting = (id: string, part = '') => `paintings/${encodeURIComponent(id)}${part}`;

export const addresses = {
  picture: (id: string, format: Format) => painting(id, `/picture?format=${format}`),
  download: (id: string, format: Format) => painting(id, `/picture?format=${format}&download=1`),
  /** @param version any text: another one, another address, so that the browser asks again */
  preview: (id: string, version: string | number) => painting(id, `/preview?v=${version}`),
  content: (id: string) => painting(id, '/content'),
  style: (id: string, index: number) => painting(id, `/styles/${index}`),
  /** @param style which of them; the content's mask without */
  regions: (id: string, style?: number) =>
    painting(id, style === undefined ? '/regions/content' : `/regions/styles/${style}`),
  moment: (id: string, index: number) => painting(id, `/history/${index}`),
  animation: (id: string) => painting(id, '/history/animation'),
  report: (id: string) => painting(id, '/report'),
  reportDownload: (id: string) => painting(id, '/report?download=1'),
  settings: (id: string) => painting(id, '/settings'),
  events: (id: string) => painting(id, '/events'),
};

let asked: Painting | undefined;

/** The painting of that id as the server had it when it was asked for; told once, since it will not stay so. */
export function justAsked(id: string): Painting | undefined {
  const found = asked?.id === id ? asked : undefined;
  asked = undefined;
  return found;
}

export const api = {
  paintings: (before?: string, limit = 24) => {
    const cursor = before ? `&before=${encodeURIComponent(before)}` : '';
    return json<{ paintings: Painting[]; next?: string }>(`paintings?limit=${limit}${cursor}`);
  },
  painting: (id: string) => json<Painting>(painting(id)),
  /** @param key the same for the same wish, however often it is sent: never two paintings for one press */
  paint: async (form: FormData, key = uniqueKey()) => {
    const headers = { 'Idempotency-Key': key };
    asked = await json<Painting>('paintings', { method: 'POST', body: form, headers });
    return asked;
  },
  history: (id: string) => json<Moment[]>(painting(id, '/history')),
  pause: (id: string) => json<Painting>(painting(id, '/pause'), { method: 'POST' }),
  resume: (id: string) => json<Painting>(painting(id, '/resume'), { method: 'POST' }),
  stop: (id: string) => json<Painting>(painting(id, '/stop'), { method: 'POST' }),
  remove: async (id: string) => void (await send(painting(id), { method: 'DELETE' })),
  networks: () => json<NetworkEntry[]>('networks'),
  controls: () => json<Controls>('controls'),
  explainControls: () => json<ExplainControls>('controls/explain'),
  examples: () => json<Examples>('examples'),
  /** @throws ApiError with status 401 when that is not the token */
  open: async (token: string) => {
    const body = JSON.stringify({ token });
    await once('session', { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
  },
};

async function json<T>(address: string, request?: RequestInit): Promise<T> {
  return (await send(address, request)).json();
}

/** Sends a request, and again with the token where the server wants one. */
async function send(address: string, request?: RequestInit): Promise<Response> {
  for (;;) {
    try {
      return await once(address, request);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 401)) throw error;
      await askForToken();
    }
  }
}

async function once(address: string, request?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, request);
  } catch {
    throw new ApiError('The server does not answer. See that "velatura studio" runs, and try again.', 0);
  }
  if (response.ok) return response;
  const wait = Number(response.headers.get('retry-after') ?? Number.NaN);
  throw new ApiError(
    await messageOf(response),
    response.status,
    Number.isFinite(wait) && wait >= 0 ? wait : undefined,
  );
}

async function messageOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { error } = JSON.parse(text) as { error?: { message?: string } };
    if (error?.message) return error.message;
  } catch {
    // Not the server's own answer but, say, that of a proxy in between.
  }
  return `The server answered ${response.status} ${response.statusText}; try again in a moment.`;
}

/** `crypto.randomUUID` is missing where a page comes over plain HTTP from another machine. */
export function uniqueKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

/** What to tell a person about something thrown. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
