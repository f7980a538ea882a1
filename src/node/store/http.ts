import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HttpSource, sourceLabel } from './catalogue.ts';
import { networkReason, SourceFailure } from './failure.ts';
import type { StoreOptions } from './folder.ts';
import { hashFile } from './hash.ts';

const attempts = 5;

const unreachable = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']);

/** Worth another attempt, unlike a SourceFailure. */
class Interruption extends Error {}

/** What is known of a file while it comes. */
interface Download {
  readonly file: FileHandle;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the server has ever answered. */
  reached: boolean;
  /** Bytes here. */
  received: number;
  /** Bytes in all, as the catalogue or the server says. */
  total: number | undefined;
  /** The server's name for this very version of the file, without which parts of two versions could be mixed. */
  version: string | undefined;
}

/**
 * Downloads a file, and checks its size and hash. When the connection breaks or stalls it goes on where it stopped, if
 * the server honours ranges, or starts over.
 * @param path of the file to write
 * @throws SourceFailure if the file cannot be had
 */
export async function download(source: HttpSource, path: string, options: StoreOptions): Promise<void> {
  const file = await open(path, 'w');
  try {
    const { url, headers } = withoutPassword(source.url);
    const state: Download = {
      file,
      url,
      headers,
      reached: false,
      received: 0,
      total: source.bytes,
      version: undefined,
    };
    for (let attempt = 1; ; attempt++) {
      try {
        await fetchRest(state, source, options);
        break;
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!(error instanceof Interruption)) throw error;
        if (attempt === attempts) {
          throw new SourceFailure(`${error.message} (${attempts} attempts)`, { cause: error });
        }
        const seconds = (options.retrySeconds ?? 1) * 2 ** (attempt - 1);
        await sleep(seconds * 1000, undefined, { ...(options.signal && { signal: options.signal }) });
      }
    }
  } finally {
    await file.close();
  }
  await check(source, path, options.signal);
}

/** One request, from the byte on that is missing. */
async function fetchRest(state: Download, source: HttpSource, options: StoreOptions): Promise<void> {
  const stall = stallTimer(options.stallSeconds ?? 60);
  const signal = options.signal ? AbortSignal.any([options.signal, stall.signal]) : stall.signal;
  try {
    // Without the version, only a hash can tell that two parts belong together.
    const resume = state.received > 0 && (state.version !== undefined || source.hash !== undefined);
    const response = await fetch(state.url, {
      signal,
      headers: {
        ...state.headers,
        'accept-encoding': 'identity',
        ...(resume && { range: `bytes=${state.received}-` }),
        ...(resume && state.version && { 'if-range': state.version }),
      },
    });
    state.reached = true;
    await accept(response, state, source);
    for await (const chunk of response.body ?? []) {
      stall.reset();
      await append(chunk, state);
      options.onProgress?.({
        received: state.received,
        ...(state.total !== undefined && { total: state.total }),
        source: sourceLabel(source),
      });
      // The fetch of Node 20 never ends if it is aborted between its last bytes and their end.
      signal.throwIfAborted();
    }
    if (state.total !== undefined && state.received < state.total) {
      throw new Interruption(`it ended after ${state.received} of ${state.total} bytes`);
    }
  } catch (error) {
    if (error instanceof SourceFailure || error instanceof Interruption) throw error;
    if (stall.signal.aborted) {
      throw new Interruption(`nothing came for ${options.stallSeconds ?? 60} seconds`, { cause: error });
    }
    options.signal?.throwIfAborted();
    const code = networkCode(error);
    if (code === undefined) throw error;
    const reason = networkReason(code) ?? `the connection broke (${code})`;
    // Who was never reached will not be in a few seconds; without a network the person should not have to wait.
    if (unreachable.has(code) && !state.reached) throw new SourceFailure(reason, { cause: error });
    throw new Interruption(reason, { cause: error });
  } finally {
    stall.stop();
  }
}

/** Judges an answer by its head, and says where its bytes belong. */
async function accept(response: Response, state: Download, source: HttpSource): Promise<void> {
  const refuse = async (error: Error): Promise<never> => {
    await response.body?.cancel();
    throw error;
  };
  const { status, headers } = response;
  if (status === 416 || (status === 206 && rangeStart(headers) !== state.received)) {
    // What is here is no beginning of what the server has now.
    await restart(state);
    return refuse(new Interruption('its server does not go on where it stopped'));
  }
  if (status === 408 || status === 429 || status >= 500) {
    return refuse(new Interruption(`its server answers ${status}`));
  }
  if (status !== 200 && status !== 206) return refuse(new SourceFailure(`its server answers ${status}`));
  if (status === 200) {
    await restart(state);
    const length = headers.has('content-encoding') ? null : headers.get('content-length');
    if (length !== null && source.bytes !== undefined && Number(length) !== source.bytes) {
      return refuse(
        new SourceFailure(`its server has another file: ${length} bytes instead of ${source.bytes}`),
      );
    }
    state.total = source.bytes ?? (length === null ? undefined : Number(length));
    // A weak tag does not promise the same bytes.
    const tag = headers.get('etag');
    state.version = tag && !tag.startsWith('W/') ? tag : (headers.get('last-modified') ?? undefined);
  }
}

function rangeStart(headers: Headers): number {
  return Number(/^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1] ?? Number.NaN);
}

async function restart(state: Download): Promise<void> {
  await state.file.truncate(0);
  state.received = 0;
  state.version = undefined;
}

async function append(chunk: Uint8Array, state: Download): Promise<void> {
  // A server that never ends must not fill the disk.
  if (state.total !== undefined && state.received + chunk.length > state.total) {
    throw new SourceFailure(`its server sends more than the ${state.total} bytes that the file has`);
  }
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await state.file.write(chunk, done, chunk.length - done, state.received);
    done += bytesWritten;
    state.received += bytesWritten;
  }
}

async function check(source: HttpSource, path: string, signal: AbortSignal | undefined): Promise<void> {
  const { size } = await stat(path);
  if (source.bytes !== undefined && size !== source.bytes) {
    throw new SourceFailure(`it has ${size} bytes instead of ${source.bytes}`);
  }
  if (!source.hash) return;
  const { algorithm, hex } = source.hash;
  const found = await hashFile(path, algorithm, 'hex', signal);
  if (found !== hex)
    throw new SourceFailure(`its ${algorithm} is ${found}, not ${hex}: it is damaged or changed`);
}

/** `fetch` takes no user and password in a URL, but a mirror may well be written with them. */
function withoutPassword(address: string): { url: URL; headers: Record<string, string> } {
  const url = new URL(address);
  if (!url.username && !url.password) return { url, headers: {} };
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = url.password = '';
  return { url, headers: { authorization: `Basic ${Buffer.from(user).toString('base64')}` } };
}

/** The code that fetch hides in the cause of its `fetch failed` and `terminated`; nothing for any other error. */
function networkCode(error: unknown): string | undefined {
  if (!(error instanceof TypeError) || !(error.cause instanceof Error)) return undefined;
  const { code, message } = error.cause as NodeJS.ErrnoException;
  return code ?? message;
}

/** A signal that fires when nobody has called `reset` for so long. */
function stallTimer(seconds: number) {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const reset = () => {
    clearTimeout(timer);
    timer = setTimeout(() => controller.abort(), seconds * 1000);
  };
  reset();
  return { signal: controller.signal, reset, stop: () => clearTimeout(timer) };
}
