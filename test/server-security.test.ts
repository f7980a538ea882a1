import { once } from 'node:events';
import { request } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import sharp from 'sharp';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { answerBroken } from '../src/server/answers.ts';
import { velatura } from './support/cli.ts';
import { pngFile, testFolder } from './support/pictures.ts';
import {
  ask,
  content,
  embeddedPlace,
  form,
  look,
  type Place,
  startServer,
  style,
  type TestServer,
} from './support/server.ts';

// A machine may be busy with other tests.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 600_000 });

const TOKENS = { VELATURA_TOKEN: 'alice-0123456789abcdef,bob-0123456789abcdef' };
const folder = testFolder();

/** Servers that accept paintings and leave them to workers that do not come. */
let server: TestServer;
let locked: TestServer;
let place: Place;
beforeAll(async () => {
  const limits = ['--paintings', '0', '--max-upload', '1', '--max-pixels', '1', '--max-styles', '2'];
  // However busy the machine is, all is looked at.
  limits.push('--max-look', '60000');
  const more = ['--max-size', '512', '--max-steps', '400', '--max-queued-each', '3', '--max-queued', '5'];
  place = await embeddedPlace();
  [server, locked] = await Promise.all([
    startServer(place, [...limits, ...more]),
    startServer(
      await embeddedPlace(),
      ['--paintings', '0', '--max-queued-each', '3', '--max-queued', '5'],
      TOKENS,
    ),
  ]);
});

/** How many paintings are kept. */
async function kept({ url }: TestServer): Promise<number> {
  const { paintings } = (await (await fetch(`${url}/paintings?limit=200`)).json()) as { paintings: object[] };
  return paintings.length;
}

async function refused(answer: Response): Promise<[number, string, string]> {
  const { error } = (await answer.json()) as { error: { code: string; message: string } };
  expect(error.message).toMatch(/^\S.*\.$/s);
  return [answer.status, error.code, error.message];
}

const post = (body: FormData | string, headers: Record<string, string> = {}) =>
  fetch(`${server.url}/paintings`, { method: 'POST', body, headers });

const isWell = async () => expect((await fetch(`${server.url}/health`)).status).toBe(200);

/** With headers that `fetch` would not let through. */
function plainly(
  headers: Record<string, string>,
  { path = '/paintings', method = 'GET', url = server.url } = {},
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(`${url}${path}`, { method, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

describe('who may ask', () => {
  it('is told apart by the name that the server is called by', async () => {
    const { port } = new URL(server.url);
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
      expect(await plainly({ host })).toBe(200);
    }
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1.evil.example',
      'localhost@evil',
      'evil@localhost',
    ]) {
      expect([host, await plainly({ host })]).toEqual([
        host,
        expect.toSatisfy((code) => code === 403 || code === 400),
      ]);
    }
  });

  it('is no page from elsewhere', async () => {
    const { host } = new URL(server.url);
    expect(await plainly({ origin: `http://${host}` })).toBe(200);
    for (const origin of ['https://evil.example', 'null', 'http://localhost:1', 'file://']) {
      expect(await plainly({ origin })).toBe(403);
      expect(await plainly({ origin }, { path: '/paintings', method: 'POST' })).toBe(403);
    }
    expect(await plainly({ 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await plainly({ 'sec-fetch-site': 'same-origin' })).toBe(200);
    expect(
      await plainly({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, { path: '/' }),
    ).toBe(200);
    const answer = await fetch(`${server.url}/health`);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'");
  });

  it('has to know the token, where there is one', async () => {
    const status = async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(`${locked.url}${path}`, { headers })).status;
    for (const path of [
      '/paintings',
      '/paintings/x/events',
      '/networks',
      '/metrics',
      '/docs',
      '/examples/swirls.jpg',
    ]) {
      expect([path, await status(path)]).toEqual([path, 401]);
    }
    for (const path of ['/', '/health']) expect(await status(path)).toBe(200);
    expect(await status('/paintings', { authorization: 'Bearer bob-0123456789abcdef' })).toBe(200);
    expect(await status('/paintings', { authorization: 'Bearer bob-0123456789abcdeX' })).toBe(401);

    const login = (token: string) =>
      fetch(`${locked.url}/session`, {
        method: 'POST',
        body: JSON.stringify({ token }),
        headers: { 'content-type': 'application/json' },
      });
    expect((await login('wrong')).status).toBe(401);
    const answer = await login('alice-0123456789abcdef');
    const [cookie = ''] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/^velatura_token=\S+;.*HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain('alice');
    expect(await status('/paintings', { cookie: cookie.split(';')[0] as string })).toBe(200);
    expect(await status('/paintings', { cookie: 'velatura_token=alice-0123456789abcdef' })).toBe(401);
  });

  it('is this machine alone, where there is no token', async () => {
    const env = { VELATURA_TOKEN: '', DATABASE_URL: '' };
    const open = await velatura(['serve', '--host', '0.0.0.0', '--port', '0', '--data', 'open'], {
      cwd: folder,
      env,
    });
    expect(open).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/set VELATURA_TOKEN/) });
    const short = await velatura(['serve', '--port', '0', '--data', 'open'], {
      cwd: folder,
      env: { ...env, VELATURA_TOKEN: 'guess' },
    });
    expect(short).toMatchObject({ code: 2, stderr: expect.stringMatching(/at least 16 characters/) });
  });
});

describe('the queue', () => {
  it('is bounded for each client and for all, who take turns', async () => {
    const as = (name: string) => ({ authorization: `Bearer ${name}-0123456789abcdef` });
    for (let i = 0; i < 3; i++) await ask(locked, form(), as('alice'));
    const send = (name: string) =>
      fetch(`${locked.url}/paintings`, { method: 'POST', body: form(), headers: as(name) });
    const answer = await send('alice');
    expect(answer.headers.get('retry-after')).toBe('30');
    expect(await refused(answer)).toMatchObject([429, 'busy', expect.stringMatching(/3 of your paintings/)]);
    for (let i = 0; i < 2; i++) await ask(locked, form(), as('bob'));
    expect(await refused(await send('bob'))).toMatchObject([
      429,
      'busy',
      expect.stringMatching(/^5 paintings/),
    ]);

    const list = (await (await fetch(`${locked.url}/paintings`, { headers: as('bob') })).json()) as {
      paintings: { id: string; queuePosition: number }[];
    };
    // Newest first: bob's two came after alice's three, and stand among them.
    expect(list.paintings.map(({ queuePosition }) => queuePosition)).toEqual([4, 2, 5, 3, 1]);
    for (const { id } of list.paintings) {
      await fetch(`${locked.url}/paintings/${id}`, { method: 'DELETE', headers: as('bob') });
    }
  });

  it('is bounded for those who ask at the same time', async () => {
    const authorization = 'Bearer alice-0123456789abcdef';
    const send = async (i: number) => {
      // Every third is told twice.
      const key: Record<string, string> = i % 3 === 0 ? { 'idempotency-key': `${i % 12}` } : {};
      const headers = { authorization, ...key };
      const answer = await fetch(`${locked.url}/paintings`, { method: 'POST', body: form(), headers });
      return [answer.status, ((await answer.json()) as { id?: string }).id] as const;
    };
    const answers = await Promise.all(Array.from({ length: 24 }, (_, i) => send(i)));
    const accepted = new Set(answers.flatMap(([, id]) => id ?? []));
    expect(accepted.size).toBe(3);
    for (const [status, id] of answers) expect(status).toBe(id === undefined ? 429 : 201);
    for (let i = 0; i < 12; i += 3) expect(answers[i]?.[1]).toBe(answers[i + 12]?.[1]);
    for (const id of accepted) {
      await fetch(`${locked.url}/paintings/${id}`, { method: 'DELETE', headers: { authorization } });
    }
  });
});

describe('what is sent', () => {
  const file = (bytes: Uint8Array | string, name: string) =>
    new File([bytes as Uint8Array<ArrayBuffer> | string], name);
  const sending = async (bytes: Uint8Array | string, name = 'x.png') =>
    refused(await post(form({}, { content: file(bytes, name) })));
  const svg = (inside: string, before = '') =>
    `${before}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="64" height="64">${inside}</svg>`;

  it('has to be pictures', async () => {
    expect(await sending('no picture at all')).toMatchObject([
      400,
      'bad_request',
      expect.stringMatching(/x\.png is no picture/),
    ]);
    expect(await sending('')).toMatchObject([400, 'bad_request', expect.stringMatching(/empty/)]);
    const whole = new Uint8Array(await content.arrayBuffer());
    expect(await sending(whole.slice(0, whole.length / 2))).toMatchObject([
      400,
      'bad_request',
      expect.stringMatching(/damaged/),
    ]);
    await isWell();
  });

  it('may be neither too large nor claim to be huge', async () => {
    expect(await sending(new Uint8Array(1.5 * 2 ** 20))).toMatchObject([
      413,
      'too_large',
      expect.stringMatching(/larger than 1 MB/),
    ]);
    const claims = pngFile([0], {
      width: 1,
      height: 1,
      bits: 8,
      channels: 1,
      claims: { width: 30000, height: 30000 },
    });
    expect(await sending(claims)).toMatchObject([413, 'too_large', expect.stringMatching(/30000 x 30000/)]);
    const bomb = await sharp({ create: { width: 1200, height: 1200, channels: 3, background: 'white' } })
      .png()
      .toBuffer();
    expect(bomb.length).toBeLessThan(20_000);
    expect((await sending(bomb))[0]).toBe(413);
    expect((await sending(svg('').replace('width="64"', 'width="99999"')))[0]).toBe(413);
    await isWell();
  });

  it('may be a drawing that names nothing outside of itself', async () => {
    const plain = svg('<defs><circle id="a" cx="9" cy="9" r="9"/></defs><use href="#a"/>');
    await ask(server, form({}, { content: file(plain, 'drawing.svg') }));
    const bad = [
      svg('<image href="file:///etc/passwd" width="9" height="9"/>'),
      svg('<image xlink:href="http://127.0.0.1/x.png"/>'),
      svg("<image href = 'data:image/svg+xml;base64,AAAA'/>"),
      svg('<rect style="fill:url(http://127.0.0.1/x)"/>'),
      svg('<style>@import "x.css";</style>'),
      svg('<style>rect { fill: u\\72l(x) }</style>'),
      svg('<script>1</script>'),
      svg('&e;', '<!DOCTYPE svg [<!ENTITY e SYSTEM "file:///etc/passwd">]>'),
      svg('', '<?xml-stylesheet href="x.css"?>'),
    ];
    for (const text of bad) expect([text, (await sending(text, 'x.svg'))[0]]).toEqual([text, 400]);
    const wide = Buffer.from(`\ufeff${bad[0]}`, 'utf16le');
    expect((await sending(wide, 'x.svg'))[0]).toBe(400);
    await isWell();
  });

  it('has names without folders', async () => {
    const { id } = await ask(
      server,
      form({}, { content: new File([content], '../../etc/pass\u202ewd\u0007.png') }),
    );
    expect((await look(server, id)).content).toBe('passwd.png');
  });

  it('has settings that make sense, name no file and stay within limits', async () => {
    const cases: [unknown, RegExp][] = [
      [{ size: 'large' }, /size must be a whole number/],
      [{ sise: 64 }, /no setting "sise"/],
      [{ size: 513 }, /at most 512/],
      [{ scales: [1024] }, /at most 512/],
      [{ scales: [32, 64], steps: [399, 2] }, /at most 400/],
      [{ scales: [32, 64], steps: [201] }, /at most 400/],
      [{ init: '/etc/passwd' }, /init must be one of/],
      [{ network: '/etc/passwd' }, /network must be one of/],
      [{ network: './resnet50' }, /network must be one of/],
      [{ styleMix: [1, 2] }, /one number for each/],
      [[], /JSON object/],
    ];
    for (const [settings, message] of cases) {
      const [status, , said] = await refused(await post(form(settings as object)));
      expect([status, said]).toEqual([400, expect.stringMatching(message)]);
    }
    expect((await refused(await post(form({}, { settings: '{"size":' }))))[0]).toBe(400);
    expect((await refused(await post(form({}, { from: 'nobody' }))))[0]).toBe(404);
  });

  it('may be an explanation that makes sense, of a whole picture', async () => {
    const cases: [Record<string, Blob | string>, RegExp][] = [
      [{ explain: 'all' }, /^explain must be a JSON object, and cannot be read/],
      [{ explain: '{"maps":0}' }, /^explain must be a JSON object, as .*; maps is wrong: /],
      [{ explain: '{"taps":[]}' }, /; taps is wrong: /],
      [{ explain: '{"taps":["9z"]}' }, /9z/],
      [{ explain: '{"layers":3}' }, /^explain must be a JSON object, as /],
      [
        { explain: '{"reconstructionSteps":9000}' },
        /steps must be at most .* all scales and reconstructions/,
      ],
      [{ explain: '{"reconstructionSize":1000}' }, /reconstructionSize must be at most 512/],
      [{ explain: '{}', settings: '{"size":600}' }, /size must be at most 512/],
      [{ explain: '{}', contentRegions: content }, /^An explanation is of a whole picture/],
      [{ explain: '{}', styleRegions: '#ff0000' }, /^An explanation is of a whole picture/],
      [{ explain: '{}', history: '5' }, /^An explanation is of a whole picture/],
      [
        { explain: '{}', texture: '{"width":64,"height":64}' },
        /A texture is made of styles alone|of a whole picture/,
      ],
    ];
    for (const [parts, message] of cases) {
      const [status, , said] = await refused(await post(form({}, parts)));
      expect([status, said]).toEqual([400, expect.stringMatching(message)]);
    }
  });

  it('may be a texture of a size that makes sense, with nothing that needs a content', async () => {
    const cases: [Record<string, Blob | string>, RegExp][] = [
      [{ texture: 'large' }, /^texture must be a JSON object, and cannot be read/],
      [{ texture: '{"width":64}' }, /^texture must be a JSON object with a width and a height/],
      [{ texture: '{"width":64,"height":64,"depth":64}' }, /^texture must be a JSON object with/],
      [{ texture: '{"width":64,"height":2}' }, /sides of a texture must be whole numbers .* not 64x2/],
      [{ texture: '{"width":64,"height":513}' }, /at most 512/],
      [{ texture: '{"width":64,"height":64}', settings: '{"strength":0.4}' }, /no use for strength/],
      [{ texture: '{"width":64,"height":64}', settings: '{"size":64}' }, /no use for size/],
      [{ texture: '{"width":64,"height":64}', content }, /^A texture is made of styles alone/],
      [{ texture: '{"width":64,"height":64}', start: content }, /^A texture is made of styles alone/],
    ];
    for (const [parts, message] of cases) {
      const body = new FormData();
      body.append('style', style);
      for (const [name, value] of Object.entries(parts)) body.append(name, value);
      const [status, , said] = await refused(await post(body));
      expect([status, said]).toEqual([400, expect.stringMatching(message)]);
    }
  });

  it('is refused at once where it could not be painted, and nothing of it is kept', async () => {
    const plain = async (width: number, height: number) => {
      const picture = sharp({ create: { width, height, channels: 3, background: '#808080' } });
      return new File([new Uint8Array(await picture.png().toBuffer())], 'x.png');
    };
    const [wide, narrow] = await Promise.all([plain(80, 20), plain(400, 12)]);
    const [grey, red] = [await plain(80, 60), '#ff0000'];
    const stripes = pngFile([255, 0, 0, 0, 0, 255], { width: 2, height: 1, bits: 8, channels: 3 });
    const coloured = await sharp(stripes).resize(80, 60, { kernel: 'nearest', fit: 'fill' }).png().toBuffer();
    const contentRegions = new File([new Uint8Array(coloured)], 'regions.png');
    const cases: [Record<string, Blob | string>, RegExp][] = [
      [{ content: narrow }, /^The content is too narrow: at the scale of/],
      [{ style: narrow }, /^The style is too narrow/],
      [{ contentRegions: wide }, /content's mask must have the proportions of its picture/],
      [{ contentRegions, styleRegions: wide }, /mask of style 1 must have the proportions/],
      [{ contentRegions }, /content's mask has colours, and nothing says which style/],
      [{ contentRegions: grey, styleRegions: red }, /no colour in common/],
      [{ settings: '{"styleMix":[0]}' }, /styleMix/],
      [{ settings: '{"styleTaps":{"block9":1}}' }, /block9/],
    ];
    const before = await kept(server);
    for (const [parts, message] of cases) {
      const [status, , said] = await refused(await post(form({ size: 64 }, parts)));
      expect([status, said]).toEqual([400, expect.stringMatching(message)]);
    }
    expect(await kept(server)).toEqual(before);
  });

  it('has to be a whole form of known parts', async () => {
    expect((await refused(await post('{}', { 'content-type': 'application/json' })))[0]).toBe(400);
    const multipart = { 'content-type': 'multipart/form-data; boundary=x' };
    for (const body of [
      '',
      'rubbish',
      '--x\r\n',
      '--x\r\ncontent-disposition: form-data; name="content"; filename="a"\r\n\r\nabc',
    ]) {
      expect([body, (await refused(await post(body, multipart)))[0]]).toEqual([body, 400]);
    }
    expect((await refused(await post('--x', { 'content-type': 'multipart/form-data' })))[0]).toBe(400);
    expect((await refused(await post(form({}, { other: 'x' }))))[0]).toBe(400);
    expect((await refused(await post(form({}, { other: content }))))[0]).toBe(400);
    expect((await refused(await post(form({}, { __proto__x: 'x' }))))[0]).toBe(400);
    for (const part of ['content', 'style', 'contentRegions', 'start']) {
      expect(await refused(await post(form({}, { [part]: 'x.png' })))).toEqual([
        400,
        'bad_request',
        `The part ${part} must be a file; curl sends one with -F ${part}=@picture.jpg.`,
      ]);
    }
    expect(await refused(await post(form({}, { settings: content })))).toEqual([
      400,
      'bad_request',
      'The part settings must be text, and not a file.',
    ]);
    const many = form();
    for (let i = 0; i < 3; i++) many.append('style', style);
    expect((await refused(await post(many)))[0]).toBe(400);
    for (let i = 0; i < 9; i++) many.append('style', style);
    expect((await refused(await post(many)))[0]).toBe(413);
    expect((await refused(await post(form({}, { styleRegions: '#ff0000' }))))[0]).toBe(400);
    expect((await refused(await post(form({}, { contentRegions: content, styleRegions: 'red' }))))[0]).toBe(
      400,
    );
    const none = new FormData();
    none.append('content', content);
    expect(await refused(await post(none))).toMatchObject([
      400,
      'bad_request',
      expect.stringMatching(/style/),
    ]);
    expect((await refused(await post(form(), { 'idempotency-key': 'k'.repeat(201) })))[0]).toBe(400);
    await isWell();
  });

  it('may break off without harm', async () => {
    const { hostname, port } = new URL(server.url);
    await new Promise<void>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          `POST /paintings HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=x\r\ncontent-length: 5000\r\n\r\n--x\r\ncontent-disposition: form-data; name="content"; filename="a"\r\n\r\nabc`,
          () => socket.destroy(),
        );
      });
      socket.on('close', () => resolve()).on('error', reject);
    });
    await isWell();
  });

  it('is taken to its end where it is refused, for clients that listen only then', async () => {
    const large = form({}, { other: file(new Uint8Array(20 * 2 ** 20), 'x.png') });
    const body = Buffer.from(await new Response(large).arrayBuffer());
    const boundary = body.subarray(2, body.indexOf('\r\n')).toString();
    const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
    const asking = request(`${server.url}/paintings`, { method: 'POST', headers });
    const answered = once(asking, 'response');
    await new Promise<void>((resolve) => asking.end(body, resolve));
    const [answer] = await answered;
    answer.resume();
    expect(answer.statusCode).toBe(400);
  });

  it('keeps nobody else waiting where it does not come', async () => {
    const { hostname, port } = new URL(locked.url);
    const token = 'authorization: Bearer alice-0123456789abcdef';
    const begin = async () => {
      const socket = connect(Number(port), hostname);
      const head = `POST /paintings HTTP/1.1\r\nhost: localhost\r\n${token}\r\ntransfer-encoding: chunked\r\nexpect: 100-continue\r\ncontent-type: multipart/form-data; boundary=x\r\n\r\n`;
      socket.write(head);
      // The server waits for the rest.
      await once(socket, 'data');
      socket.write('1\r\n-\r\n');
      return socket;
    };
    const idle = await Promise.all(Array.from({ length: 8 }, begin));
    const headers = { authorization: 'Bearer alice-0123456789abcdef' };
    const { id } = await ask(locked, form(), headers);
    for (const socket of idle) socket.destroy();
    await fetch(`${locked.url}/paintings/${id}`, { method: 'DELETE', headers });
  });

  it('reaches no other file', async () => {
    for (const path of [
      '/examples/..%2f..%2fpackage.json',
      '/examples/%2e%2e/package.json',
      '/..%2f..%2fpackage.json',
      '/paintings/..%2f..',
    ]) {
      const status = await plainly({}, { path });
      expect([path, status]).toEqual([
        path,
        expect.toSatisfy((code) => code === 404 || code === 400 || code === 403),
      ]);
    }
    expect((await refused(await fetch(`${server.url}/paintings/%00`)))[0]).toBe(404);
    const unreadable: [string, string, number][] = [
      ['GET', '%ff', 400],
      ['GET', '%ff/events', 400],
      ['GET', 'a'.repeat(300), 404],
      ['POST', `${'a'.repeat(300)}/pause`, 400],
    ];
    for (const [method, path, status] of unreadable) {
      const answer = await fetch(`${server.url}/paintings/${path}`, { method });
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'");
      expect([path, (await refused(answer))[0]]).toEqual([path, status]);
    }
    expect((await refused(await fetch(`${server.url}/paintings?before=abc`)))[0]).toBe(400);
  });

  it('may have had no event that there is', async () => {
    const { id } = await ask(server, form({ seed: 7 }));
    for (const last of ['3000000000', '2147483648', '1e300', '-1', 'x']) {
      const headers = { 'last-event-id': last };
      const answer = await fetch(`${server.url}/paintings/${id}/events`, { headers });
      const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
      let told = '';
      while (!told.includes('id: 1\n')) {
        const { done, value } = await reader.read();
        expect([last, done]).toEqual([last, false]);
        told += Buffer.from(value as Uint8Array).toString();
      }
      await reader.cancel();
    }
    await fetch(`${server.url}/paintings/${id}`, { method: 'DELETE' });
  });
});

describe('what is no request', () => {
  it.each([
    ['no HTTP', 'rubbish\r\n\r\n', 400, 'bad_request'],
    ['too much before the body', `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'too_large'],
  ])('is refused as all else is: %s', async (_what, sent, status, code) => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    let said = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    socket.on('error', () => {});
    socket.write(sent);
    await once(socket, 'close');
    expectRefusal(said, status, code);
  });

  it('is refused in the same way where it does not come in time', async () => {
    const listening = createServer((socket) => answerBroken({ code: 'ERR_HTTP_REQUEST_TIMEOUT' }, socket));
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    const socket = connect((listening.address() as AddressInfo).port, '127.0.0.1');
    expectRefusal(await text(socket), 408, 'request_timeout');
    listening.close();
  });

  function expectRefusal(said: string, status: number, code: string): void {
    const [head = '', body = ''] = said.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(head).toContain('content-type: application/json');
    expect(JSON.parse(body)).toEqual({ error: { code, message: expect.stringMatching(/^[A-Z].*\.$/) } });
  }
});

describe('the server', () => {
  it('tells what it can do', async () => {
    const json = async (path: string) =>
      (await fetch(`${server.url}${path}`)).json() as Promise<Record<string, object>>;
    const { paths, components } = await json('/openapi.json');
    expect(Object.keys(paths ?? {})).toEqual(
      expect.arrayContaining([
        '/paintings',
        '/paintings/{id}',
        '/paintings/{id}/events',
        '/session',
        '/health',
      ]),
    );
    expect(components).toMatchObject({ schemas: { Painting: { type: 'object' } } });
    const docs = await (await fetch(`${server.url}/docs`)).text();
    expect(docs).toContain('POST /paintings');
    expect(docs).not.toMatch(/<script|<style| style=|https?:\/\/(?!127)/);
    const { properties } = await json('/controls');
    expect(properties).toMatchObject({
      strength: { title: 'Strength', default: 0.5, minimum: 0, maximum: 1, description: expect.any(String) },
      styleLoss: { enum: expect.arrayContaining(['gram', 'moments', 'wasserstein']) },
    });
    expect(await json('/networks')).toContainEqual(
      expect.objectContaining({
        name: 'resnet50',
        taps: expect.arrayContaining([{ name: '4c', channels: 1024, stride: 16 }]),
      }),
    );
    const { contents, styles } = (await json('/examples')) as Record<string, { url: string }[]>;
    for (const { url } of [...(contents ?? []), ...(styles ?? [])]) {
      expect((await fetch(`${server.url}${url}`)).headers.get('content-type')).toBe('image/jpeg');
    }
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/^velatura_paintings\{state="queued"\} \d+$/m);
  });

  it('keeps a second one off its data, and says which port is taken', async () => {
    const env = { ...place.env, VELATURA_TOKEN: '' };
    const second = await velatura(['serve', '--port', '0', ...place.words], { cwd: folder, env });
    expect(second).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^Another Velatura has the paintings/),
    });
    const { port } = new URL(server.url);
    const taken = await velatura(['serve', '--port', port, '--data', 'other'], { cwd: folder, env });
    expect(taken).toMatchObject({
      code: 2,
      stderr: `Port ${port} is taken; name another with --port, or 0 for any.\n`,
    });
    const none = await velatura(['serve', '--port', '70000', '--data', 'other'], { cwd: folder, env });
    expect(none).toMatchObject({
      code: 2,
      stderr: '--port must be a whole number from 0 to 65535, not "70000".\n',
    });
    const worker = await velatura(['worker'], { cwd: folder, env });
    expect(worker).toMatchObject({ code: 2, stderr: expect.stringMatching(/set DATABASE_URL/) });
  });
});
