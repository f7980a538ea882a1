/* Servers that do not do what they should. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { loadWeights, pullModel, verifyModel } from '../src/node/store/index.ts';
import { hangUps, serveFile, startServer, type TestServer } from './support/http-server.ts';
import { contents, kerasSource, storeOptions, tinyHdf5, userMessage } from './support/weights-store.ts';
import { tinyWeights } from './support/weights-tiny.ts';

const file = await tinyHdf5();
const half = file.length >> 1;

/** A store whose source answers so. The catalogue knows the right size and hash. */
async function storeOn(
  answer: (
    request: IncomingMessage,
    response: ServerResponse,
    number: number,
    hanging: ReturnType<typeof hangUps>,
  ) => void,
) {
  const hanging = hangUps();
  const server = await startServer((request, response, number) => answer(request, response, number, hanging));
  const onProgress = ({ received }: { received: number }) => hanging.progress(received);
  const options = { ...(await storeOptions(kerasSource(`${server.url}/tiny.h5`, file))), onProgress };
  return { server, options };
}

/** That the pull succeeds with the very weights, and leaves nothing else behind. */
async function expectGood(
  { options }: Awaited<ReturnType<typeof storeOn>>,
  progress?: (received: number) => void,
) {
  await pullModel('tiny', {
    ...options,
    onProgress: (now) => {
      progress?.(now.received);
      options.onProgress(now);
    },
  });
  await verifyModel('tiny', options);
  const weights = await loadWeights('tiny', undefined, options);
  expect(Object.fromEntries(weights)).toStrictEqual(Object.fromEntries(tinyWeights()));
  expect(await contents(options.folder)).toEqual(['tiny.safetensors']);
}

/** That the pull fails, and leaves nothing behind. What the message says about the source. */
async function failureOf({ options }: Awaited<ReturnType<typeof storeOn>>): Promise<string> {
  const message = await userMessage(pullModel('tiny', options));
  expect(await contents(options.folder)).toEqual([]);
  const reason = /^The weights of tiny cannot be fetched \(http\S+\/tiny\.h5: (.*)\)\. On a machine/.exec(
    message,
  )?.[1];
  expect(reason).toBeDefined();
  return reason as string;
}

const ranges = ({ requests }: TestServer) => requests.map(({ headers }) => headers.range);

/** Promises the whole file, sends half of it, and hangs up. */
function dieHalfWay(response: ServerResponse, hanging: ReturnType<typeof hangUps>): void {
  response.writeHead(200, { etag: '"one"', 'content-length': file.length });
  hanging.after(response, file.subarray(0, half));
}

describe('a server that dies half way', () => {
  it('is asked for the rest', async () => {
    const store = await storeOn((request, response, number, hanging) =>
      number === 0 ? dieHalfWay(response, hanging) : serveFile(request, response, file),
    );
    const seen: number[] = [];
    await expectGood(store, (received) => seen.push(received));
    expect(ranges(store.server)).toEqual([undefined, `bytes=${half}-`]);
    expect(store.server.requests[1]?.headers['if-range']).toBe('"one"');
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(file.length);
  });

  it('is asked for the rest time and again', async () => {
    const store = await storeOn((request, response, _number, hanging) => {
      const start = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
      if (start > 0) {
        response.writeHead(206, {
          'content-length': file.length - start,
          'content-range': `bytes ${start}-${file.length - 1}/${file.length}`,
        });
      } else response.writeHead(200, { etag: '"one"', 'content-length': file.length });
      const end = Math.min(start + Math.ceil(file.length / 4), file.length);
      hanging.after(response, file.subarray(start, end), end);
    });
    await expectGood(store);
    expect(store.server.requests).toHaveLength(4);
  });

  it('and ignores ranges is asked for all', async () => {
    const store = await storeOn((_request, response, number, hanging) => {
      if (number === 0) return dieHalfWay(response, hanging);
      response.writeHead(200, { 'content-length': file.length });
      response.end(file);
    });
    await expectGood(store);
    expect(ranges(store.server)).toEqual([undefined, `bytes=${half}-`]);
  });

  it('and has another version of the file then gives all of that', async () => {
    const old = (await tinyHdf5(7)).subarray(0, half);
    const store = await storeOn((request, response, number, hanging) => {
      if (number > 0) return serveFile(request, response, file);
      response.writeHead(200, { etag: '"old"', 'content-length': file.length });
      hanging.after(response, old);
    });
    await expectGood(store);
    expect(store.server.requests[1]?.headers['if-range']).toBe('"old"');
  });

  it.each<[string, (response: ServerResponse) => void]>([
    [
      'continues elsewhere',
      (response) => {
        response.writeHead(206, { 'content-range': `bytes 7-${file.length - 1}/${file.length}` });
        response.end(file.subarray(7));
      },
    ],
    ['says no to ranges', (response) => response.writeHead(416).end('no')],
  ])('and %s is asked for all', async (_what, second) => {
    const store = await storeOn((request, response, number, hanging) => {
      if (number === 0) dieHalfWay(response, hanging);
      else if (number === 1) second(response);
      else serveFile(request, response, file);
    });
    await expectGood(store);
    expect(ranges(store.server)).toEqual([undefined, `bytes=${half}-`, undefined]);
  });

  it('each time, from the start, is given up', async () => {
    const store = await storeOn((_request, response, _number, hanging) => dieHalfWay(response, hanging));
    expect(await failureOf(store)).toBe('the connection broke (5 attempts)');
    expect(store.server.requests).toHaveLength(5);
  });

  it('without a word is tried again', async () => {
    const store = await storeOn((request, response, number) => {
      if (number < 2) request.socket.destroy();
      else serveFile(request, response, file);
    });
    await expectGood(store);
  });
});

describe('a server that stalls', () => {
  it('is asked for the rest', async () => {
    const store = await storeOn((request, response, number) => {
      if (number > 0) return serveFile(request, response, file);
      response.writeHead(200, { etag: '"one"', 'content-length': file.length });
      response.write(file.subarray(0, half));
    });
    store.options.stallSeconds = 1;
    await expectGood(store);
    expect(ranges(store.server)).toEqual([undefined, `bytes=${half}-`]);
  });

  it('each time is given up, before its first word or after', async () => {
    const store = await storeOn((_request, response, number) => {
      if (number % 2 === 0) response.writeHead(200, { 'content-length': file.length }).write('x');
    });
    store.options.stallSeconds = 0.1;
    expect(await failureOf(store)).toBe('nothing came for 0.1 seconds (5 attempts)');
    expect(store.server.requests).toHaveLength(5);
  });

  it('not, but is slow, is waited for', async () => {
    const store = await storeOn(async (_request, response) => {
      response.writeHead(200, { 'content-length': file.length });
      for (let start = 0; start < file.length; start += Math.ceil(file.length / 5)) {
        response.write(file.subarray(start, start + Math.ceil(file.length / 5)));
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
      response.end();
    });
    // Less than the whole takes, more than between two pieces.
    store.options.stallSeconds = 1;
    await expectGood(store);
    expect(store.server.requests).toHaveLength(1);
  });
});

describe('a server that lies', () => {
  it('about the size is not listened to', async () => {
    const store = await storeOn((_request, response) => {
      response.writeHead(200, { 'content-length': 1_000_000_000 });
      response.write('x');
    });
    expect(await failureOf(store)).toBe(
      `its server has another file: 1000000000 bytes instead of ${file.length}`,
    );
    expect(store.server.requests).toHaveLength(1);
  });

  it('and never ends does not fill the disk', async () => {
    let sent = 0;
    const store = await storeOn((_request, response) => {
      response.writeHead(200);
      const more = () => {
        do sent += file.length;
        while (!response.destroyed && response.write(file));
      };
      response.on('drain', more);
      more();
    });
    expect(await failureOf(store)).toBe(
      `its server sends more than the ${file.length} bytes that the file has`,
    );
    expect(sent).toBeGreaterThan(0);
  });

  it('and ends early as if that were all is given up', async () => {
    const store = await storeOn((_request, response) => {
      response.writeHead(200);
      response.end(file.subarray(0, half));
    });
    expect(await failureOf(store)).toBe(`it ended after ${half} of ${file.length} bytes (5 attempts)`);
  });

  it('about the content is found out', async () => {
    const changed = file.slice();
    changed[half] = (changed[half] as number) ^ 1;
    const store = await storeOn((request, response) => serveFile(request, response, changed));
    expect(await failureOf(store)).toMatch(
      /^its md5 is [0-9a-f]{32}, not [0-9a-f]{32}: it is damaged or changed$/,
    );
  });

  it('with a page instead of a file is found out, also where no hash is known', async () => {
    const server = await startServer((_request, response) => response.end('<!doctype html><p>Please log in'));
    const options = await storeOptions({ kind: 'http', url: `${server.url}/tiny.safetensors` });
    expect(await userMessage(pullModel('tiny', options))).toContain(
      '/tiny.safetensors: it is no weight file; it should be safetensors, Keras HDF5 or TensorFlow.js)',
    );
  });
});

describe('a server that answers', () => {
  it.each([404, 403, 410])('%d is not asked again', async (status) => {
    const store = await storeOn((_request, response) => response.writeHead(status).end('no'));
    expect(await failureOf(store)).toBe(`its server answers ${status}`);
    expect(store.server.requests).toHaveLength(1);
  });

  it.each([500, 503, 429])('%d is asked again, and given up after a while', async (status) => {
    const store = await storeOn((_request, response) => response.writeHead(status).end('later'));
    expect(await failureOf(store)).toBe(`its server answers ${status} (5 attempts)`);
    expect(store.server.requests).toHaveLength(5);
  });

  it('500 in between is asked again for the rest', async () => {
    const store = await storeOn((request, response, number, hanging) => {
      if (number === 0) dieHalfWay(response, hanging);
      else if (number < 3) response.writeHead(500).end();
      else serveFile(request, response, file);
    });
    await expectGood(store);
    expect(ranges(store.server)).toEqual([undefined, ...Array(3).fill(`bytes=${half}-`)]);
  });

  it('with a redirection is followed', async () => {
    const store = await storeOn((request, response) => {
      if (request.url === '/tiny.h5') response.writeHead(302, { location: '/elsewhere' }).end();
      else serveFile(request, response, file);
    });
    await expectGood(store);
  });
});

describe('several sources', () => {
  it('are tried in order, until one has it', async () => {
    const bad = await startServer((_request, response) => response.writeHead(404).end());
    const liar = await startServer((request, response) =>
      serveFile(request, response, file.slice().fill(0, half)),
    );
    const good = await startServer((request, response) => serveFile(request, response, file));
    const unused = await startServer((request, response) => serveFile(request, response, file));
    const servers = [bad, liar, good, unused];
    const options = await storeOptions(...servers.map(({ url }) => kerasSource(`${url}/tiny.h5`, file)));
    expect(await pullModel('tiny', options)).toMatchObject({ source: `${good.url}/tiny.h5`, fetched: true });
    expect(servers.map(({ requests }) => requests.length)).toEqual([1, 1, 1, 0]);
  });

  it('that all fail are all named', async () => {
    const servers = await Promise.all(
      [404, 410].map((status) => startServer((_request, response) => response.writeHead(status).end())),
    );
    const options = await storeOptions(...servers.map(({ url }) => kerasSource(`${url}/tiny.h5`, file)));
    const [first, second] = servers.map(({ url }) => `${url}/tiny.h5`);
    expect(await userMessage(pullModel('tiny', options))).toContain(
      `(${first}: its server answers 404; ${second}: its server answers 410)`,
    );
  });
});

describe('an interruption by the person', () => {
  /** A store of which the server sends half and then waits for ever. */
  const waiting = () =>
    storeOn((_request, response) => {
      response.writeHead(200, { etag: '"one"', 'content-length': file.length });
      response.write(file.subarray(0, half));
    });

  it('stops a download at once and leaves nothing behind', async () => {
    const { server, options } = await waiting();
    const controller = new AbortController();
    const reason = new Error('the person has had enough');
    let during: string[] = [];
    const pulling = pullModel('tiny', {
      ...options,
      signal: controller.signal,
      onProgress: async () => {
        during = await contents(options.folder);
        controller.abort(reason);
      },
    });
    await expect(pulling).rejects.toBe(reason);
    expect(during.some((name) => name.endsWith('download'))).toBe(true);
    expect(await contents(options.folder)).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  it('stops the wait before another attempt', async () => {
    const { options } = await storeOn((_request, response) => response.writeHead(500).end());
    const signal = AbortSignal.timeout(100);
    const start = performance.now();
    const error = await pullModel('tiny', { ...options, retrySeconds: 20, signal }).catch((error) => error);
    expect(error).toBe(signal.reason);
    expect(signal.aborted).toBe(true);
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(await contents(options.folder)).toEqual([]);
  });

  it('before the start asks nobody', async () => {
    const { server, options } = await waiting();
    const signal = AbortSignal.abort();
    await expect(pullModel('tiny', { ...options, signal })).rejects.toBe(signal.reason);
    await expect(loadWeights('tiny', undefined, { ...options, signal })).rejects.toBe(signal.reason);
    expect(server.requests).toHaveLength(0);
  });

  it('keeps what was here before', async () => {
    const store = await storeOn((request, response, number) =>
      number === 0 ? serveFile(request, response, file) : response.writeHead(200).flushHeaders(),
    );
    const { options } = store;
    const before = await pullModel('tiny', options);
    const signal = AbortSignal.timeout(100);
    const error = await pullModel('tiny', { ...options, force: true, signal }).catch((error) => error);
    expect(error).toBe(signal.reason);
    expect(signal.aborted).toBe(true);
    expect(await verifyModel('tiny', options)).toMatchObject({ sha256: before.sha256 });
    expect(await contents(options.folder)).toEqual(['tiny.safetensors']);
  });
});
