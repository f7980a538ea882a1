import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { pullModel, readPicture, readRecord } from 'velatura';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { velatura } from './support/cli.ts';
import { pngFile, testFolder } from './support/pictures.ts';
import {
  allEvents,
  ask,
  command,
  content,
  encoded,
  eventsUntil,
  form,
  killAtOnce,
  look,
  type Painting,
  type Place,
  paintProcesses,
  picture,
  places,
  startServer,
  stepsDone,
  style,
  type TestServer,
  until,
} from './support/server.ts';

// A machine may be busy with other tests.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 600_000 });

const folder = testFolder();
const small = { scales: [32, 48], steps: [3, 2] };
/** Long enough to be interrupted. */
const long = { scales: [32, 64], steps: [6, 24] };
const LONG_STEPS = Array.from({ length: 30 }, (_, i) => i + 1);
/** Would take hours. */
const endless = { scales: [64], steps: [5000] };

beforeAll(async () => {
  await pullModel('resnet50');
});

describe.each(places)('paintings kept %s', (_where, makePlace) => {
  let place: Place;
  let server: TestServer;
  /** A small painting, and a long one, that were never interrupted. */
  let first: string;
  let straight: string;

  beforeAll(async () => {
    place = await makePlace();
    server = await startServer(place, ['--checkpoint-every', '0', '--lease', '3']);
  });

  it('are painted as the command paints them, and told step by step', async () => {
    const asked = await ask(server, form(small));
    first = asked.id;
    expect(asked).toMatchObject({
      content: 'content.png',
      styles: ['style.jpg'],
      settings: small,
      resolved: { size: 48, network: 'resnet50' },
      sizes: [
        { width: 32, height: 24 },
        { width: 48, height: 36 },
      ],
      command: 'velatura paint content.png --style style.jpg --scales 32,48 --steps 3,2',
    });
    const told = await allEvents(server, asked.id);
    expect(told.filter(({ name }) => name === 'state').map(({ data }) => data.state)).toEqual([
      'queued',
      'painting',
    ]);
    const steps = told.filter(({ name }) => name === 'step').map(({ data }) => data);
    expect(steps.map(({ level, scale, step, done, total }) => [level, scale, step, done, total])).toEqual([
      [0, 32, 1, 1, 5],
      [0, 32, 2, 2, 5],
      [0, 32, 3, 3, 5],
      [1, 48, 1, 4, 5],
      [1, 48, 2, 5, 5],
    ]);
    expect(told.slice(-3).map(({ name }) => name)).toEqual(['preview', 'done', 'end']);
    const ids = told.slice(0, -1).map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));

    const done = await look(server, asked.id);
    expect(done).toMatchObject({ state: 'done', sizes: [{ width: 32 }, { width: 48, height: 36 }] });
    expect(told.at(-2)?.data).toEqual(done);

    for (const file of [content, style]) {
      writeFileSync(join(folder, file.name), Buffer.from(await file.arrayBuffer()));
    }
    const words = (done.command as string).split(' ').slice(1);
    expect((await velatura([...words, '-o', 'same.png'], { cwd: folder })).code).toBe(0);
    const bytes = await picture(server, asked.id);
    writeFileSync(join(folder, 'served.png'), bytes);
    const [served, same] = await Promise.all(
      ['served.png', 'same.png'].map((name) => readPicture(join(folder, name))),
    );
    expect(served).toEqual(same);
    expect(await readRecord(join(folder, 'served.png'))).toMatchObject({
      content: 'content.png',
      style: ['style.jpg'],
      settings: done.resolved,
    });
  });

  it('are served in every format, with their uploads', async () => {
    const at = (path: string) => fetch(`${server.url}/paintings/${first}/${path}`);
    for (const format of ['png', 'jpg', 'webp', 'avif', 'tiff']) {
      const answer = await at(`picture?format=${format}&download=1`);
      expect(answer.headers.get('content-disposition')).toContain(`filename="content-style.${format}"`);
      const file = join(folder, `format.${format}`);
      writeFileSync(file, Buffer.from(await answer.arrayBuffer()));
      expect(await readPicture(file)).toMatchObject({ width: 48, height: 36 });
      expect(await readRecord(file)).toMatchObject({ content: 'content.png' });
    }
    const preview = await at('preview');
    expect(preview.headers.get('content-type')).toBe('image/webp');
    const etag = preview.headers.get('etag') as string;
    const again = await fetch(`${server.url}/paintings/${first}/preview`, {
      headers: { 'if-none-match': etag },
    });
    expect(again.status).toBe(304);
    for (const path of ['content', 'styles/0']) {
      expect((await at(path)).headers.get('content-type')).toBe('image/webp');
    }
    expect((await at('styles/1')).status).toBe(404);
    expect(await (await at('settings')).json()).toMatchObject({ scales: [32, 48], network: 'resnet50' });
  });

  it('are told again after the last event that a client has, and listed', async () => {
    const { id } = await ask(server, form(small));
    const all = await allEvents(server, id);
    const middle = all[3]?.id as number;
    // Of the previews only the last is kept, as their picture is.
    const last = all.filter(({ name }) => name === 'preview').at(-1);
    const kept = all.slice(4).filter((event) => event.name !== 'preview' || event === last);
    expect(await allEvents(server, id, middle)).toEqual(kept);
    expect(await allEvents(server, id, all.at(-2)?.id)).toEqual([all.at(-1)]);

    const page = async (query: string) =>
      (await (await fetch(`${server.url}/paintings?${query}`)).json()) as {
        paintings: { id: string }[];
        next: string;
      };
    const newest = await page('limit=1');
    expect(newest.paintings.map((painting) => painting.id)).toEqual([id]);
    const second = await page(`limit=1&before=${newest.next}`);
    expect(second.paintings.map((painting) => painting.id)).toEqual([first]);
  });

  it('are asked for once with an idempotency key', async () => {
    const headers = { 'idempotency-key': 'one' };
    const asked = await Promise.all([1, 2, 3].map(() => ask(server, form(small), headers)));
    expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
    const other = await fetch(`${server.url}/paintings`, {
      method: 'POST',
      body: form({ ...small, seed: 1 }),
      headers,
    });
    expect(other.status).toBe(422);
    expect(await other.json()).toMatchObject({ error: { code: 'key_reused' } });
  });

  it('end at once when they are removed, and take their process along', async () => {
    const { id } = await ask(server, form(endless));
    await eventsUntil(server, id, stepsDone(1));
    const rest = allEvents(server, id);
    expect(paintProcesses(server)).toHaveLength(1);
    const answer = await fetch(`${server.url}/paintings/${id}`, { method: 'DELETE' });
    expect(answer.status).toBe(204);
    expect((await rest).at(-1)?.name).toBe('end');
    await until(() => paintProcesses(server).length === 0);
    expect((await fetch(`${server.url}/paintings/${id}`)).status).toBe(404);
  });

  it('rest, go on, and come out the same', async () => {
    straight = (await ask(server, form(long))).id;
    await allEvents(server, straight);
    const { id } = await ask(server, form(long));
    await eventsUntil(server, id, stepsDone(9));
    const paused = await command(server, id, 'pause');
    expect(paused.state).toBe('paused');
    await until(() => paintProcesses(server).length === 0);
    const { done } = paused.progress as { done: number };
    expect(done).toBeLessThan(30);
    expect((await command(server, id, 'resume')).state).toMatch(/queued|painting/);
    const steps = (await allEvents(server, id)).filter(({ name }) => name === 'step');
    expect(steps.map(({ data }) => data.done)).toEqual(LONG_STEPS);
    expect(await picture(server, id)).toEqual(await picture(server, straight));
  });

  it('are kept as they are when they are stopped, and can be painted on from', async () => {
    const { id } = await ask(server, form(endless));
    await eventsUntil(server, id, stepsDone(2));
    const early = await fetch(`${server.url}/paintings/${id}/picture`);
    expect(early.status).toBe(409);
    const stopped = await command(server, id, 'stop');
    expect(stopped).toMatchObject({ state: 'done', stopped: { scale: 64, steps: 5000 } });
    expect((await allEvents(server, id)).slice(-2).map(({ name }) => name)).toEqual(['done', 'end']);
    expect((await picture(server, id)).length).toBeGreaterThan(0);

    const body = new FormData();
    body.append('from', id);
    body.append('settings', JSON.stringify({ scales: [32], steps: [1] }));
    const next = await ask(server, body);
    expect(next).toMatchObject({ from: id, content: 'content.png', styles: ['style.jpg'] });
    await fetch(`${server.url}/paintings/${id}`, { method: 'DELETE' });
    await allEvents(server, next.id);
    expect((await look(server, next.id)).state).toBe('done');
  });

  it('leave what their regions leave', async () => {
    const halves = pngFile([255, 0, 255, 0], { width: 2, height: 2, bits: 8, channels: 1 });
    const doubled = await sharp(halves).resize(80, 60, { kernel: 'nearest' }).png().toBuffer();
    const contentRegions = new File([new Uint8Array(doubled)], 'left.png');
    const { id, command } = await ask(server, form({ ...small, steps: [6, 4] }, { contentRegions }));
    expect(command).toContain('--content-regions left.png');
    const mask = await fetch(`${server.url}/paintings/${id}/regions/content`);
    expect(Buffer.from(await mask.arrayBuffer())).toEqual(doubled);
    expect(mask.headers.get('content-disposition')).toContain('filename="left.png"');
    expect((await fetch(`${server.url}/paintings/${id}/regions/styles/0`)).status).toBe(404);
    await allEvents(server, id);
    const [painted, before] = await Promise.all([
      readPicture(await picture(server, id)),
      readPicture(new Uint8Array(await content.arrayBuffer()), { longest: 48 }),
    ]);
    const differences = painted.data.map((value, i) => Math.abs(value - (before.data[i] as number)));
    const largest = (from: number, to: number) =>
      differences.reduce(
        (most, value, i) => (i % 48 >= from && i % 48 < to ? Math.max(most, value) : most),
        0,
      );
    expect(largest(40, 48)).toBeLessThan(0.01);
    expect(largest(0, 24)).toBeGreaterThan(0.05);

    const body = new FormData();
    body.append('from', id);
    body.append('settings', JSON.stringify(small));
    expect(await ask(server, body)).toMatchObject({ regions: { content: 'left.png' } });
  });

  it('start from a picture that is sent, as the command does', async () => {
    const start = await encoded(64, 48, 'start.png');
    const { id } = await ask(server, form(small, { start }));
    const told = await allEvents(server, id);
    const done = told.at(-2)?.data as unknown as Painting;
    expect(done).toMatchObject({ state: 'done', start: 'start.png' });
    expect(done.command).toContain('--init start.png');
    for (const file of [content, style, start]) {
      writeFileSync(join(folder, file.name), Buffer.from(await file.arrayBuffer()));
    }
    const words = (done.command as string).split(' ').slice(1);
    const same = await velatura([...words, '-o', 'started.png'], { cwd: folder });
    expect(same).toMatchObject({ code: 0 });
    expect(await readPicture(await picture(server, id))).toEqual(
      await readPicture(join(folder, 'started.png')),
    );
  });

  it('may be textures of styles alone, as the command makes them', async () => {
    const body = new FormData();
    body.append('style', style);
    body.append('texture', JSON.stringify({ width: 48, height: 32, tileable: true }));
    body.append('settings', JSON.stringify({ steps: [3], seed: 5 }));
    const { id } = await ask(server, body);
    const told = await allEvents(server, id);
    const done = told.at(-2)?.data as unknown as Painting;
    expect(done).toMatchObject({
      state: 'done',
      styles: ['style.jpg'],
      texture: { width: 48, height: 32, tileable: true },
      settings: { steps: [3], seed: 5 },
      resolved: { init: 'noise', edges: 'wrap', contentWeight: 0, size: 48 },
      sizes: [{ width: 48, height: 32 }],
      command: 'velatura texture style.jpg --size 48x32 --tileable --steps 3 --seed 5',
    });
    expect(done.content).toBeUndefined();
    writeFileSync(join(folder, style.name), Buffer.from(await style.arrayBuffer()));
    const words = (done.command as string).split(' ').slice(1);
    const same = await velatura([...words, '-o', 'texture.png'], { cwd: folder });
    expect(same).toMatchObject({ code: 0 });
    const bytes = await picture(server, id);
    writeFileSync(join(folder, 'served-texture.png'), bytes);
    expect(await readPicture(bytes)).toEqual(await readPicture(join(folder, 'texture.png')));
    expect(await readRecord(join(folder, 'served-texture.png'))).toMatchObject({
      style: ['style.jpg'],
      texture: { width: 48, height: 32 },
    });
    const at = (path: string) => fetch(`${server.url}/paintings/${id}/${path}`);
    expect((await at('picture?download=1')).headers.get('content-disposition')).toContain(
      'filename="style-texture.png"',
    );
    expect((await at('content')).status).toBe(404);
    expect((await at('styles/0')).status).toBe(200);
    await expect(ask(server, form(small, { from: id }))).rejects.toThrow('A texture begins with noise');
    await expect(ask(server, form(small, { from: id, explain: '{}' }))).rejects.toThrow(
      'A texture has no content',
    );
  });

  it('may be explanations, and have a report as the command writes it', async () => {
    const looked = {
      taps: ['conv1', '3d'],
      maps: 2,
      channels: 4,
      reconstructionSize: 32,
      reconstructionSteps: 2,
    };
    const explain = JSON.stringify(looked);
    const asked = await ask(server, form({ ...small, styleTaps: { conv1: 1, '2a': 1 } }, { explain }));
    const { id } = asked;
    expect(asked.command).toBe(
      'velatura explain content.png --style style.jpg --scales 32,48 --steps 3,2 --style-taps conv1,2a --taps conv1,3d --maps 2 --channels 4 --reconstruction-size 32 --reconstruction-steps 2',
    );
    const at = (path: string) => fetch(`${server.url}/paintings/${id}/${path}`);
    expect((await at('report')).status).toBe(409);
    const told = await allEvents(server, id);
    const steps = told.filter(({ name }) => name === 'step').map(({ data }) => data);
    expect(steps.slice(0, 5).map(({ done, part }) => [done, part])).toEqual(
      [1, 2, 3, 4, 5].map((done) => [done, undefined]),
    );
    expect(steps.slice(5).map(({ part }) => part)).toEqual([
      'Feature maps',
      'Gram matrices',
      'Content from noise by conv1 (1 of 2)',
      'Content from noise by 3d (2 of 2)',
      ...steps.slice(9).map(() => expect.stringMatching(/^Style from noise by /)),
    ]);
    const done = told.at(-2)?.data as unknown as Painting;
    expect(done).toMatchObject({ state: 'done', explain: looked, resolved: { size: 48 } });

    for (const file of [content, style]) {
      writeFileSync(join(folder, file.name), Buffer.from(await file.arrayBuffer()));
    }
    const words = String(asked.command).split(' ').slice(1);
    const same = await velatura([...words, '-o', 'report.html'], { cwd: folder });
    expect(same).toMatchObject({ code: 0 });
    const answer = await at('report?download=1');
    expect(answer.headers.get('content-disposition')).toContain('filename="content-style.html"');
    expect(answer.headers.get('content-security-policy')).toMatch(
      /^sandbox allow-scripts; default-src 'none'/,
    );
    // What the work took is another time each time.
    const timeless = (page: string) =>
      page.replace(/"seconds":[\d.]+/, '').replace(/took [^;]*seconds?\./, '');
    const served = timeless(await answer.text());
    expect(served).toContain('content.png in the style of style.jpg');
    expect(served).toBe(timeless(readFileSync(join(folder, 'report.html'), 'utf8')));
    writeFileSync(join(folder, 'explained.png'), await picture(server, id));
    expect(await readRecord(join(folder, 'explained.png'))).toMatchObject({ content: 'content.png' });

    // Of a painting: its pictures, its start and its settings, in small.
    const start = await ask(server, form({ color: 'match', scales: [32], steps: [1] }, { start: style }));
    await allEvents(server, start.id);
    const body = new FormData();
    body.append('from', start.id);
    body.append('explain', explain);
    const of = await ask(server, body);
    expect(of).toMatchObject({
      from: start.id,
      start: 'style.jpg',
      content: 'content.png',
      settings: { color: 'match' },
      resolved: { size: 256, color: 'match' },
    });
    expect((await fetch(`${server.url}/paintings/${start.id}/report`)).status).toBe(404);
    await fetch(`${server.url}/paintings/${of.id}`, { method: 'DELETE' });
  });

  it('that are explanations begin anew after a rest or a crash, and are whole or not at all', async () => {
    const explain = JSON.stringify({ taps: ['conv1'], reconstructionSize: 32, reconstructionSteps: 3 });
    const { id } = await ask(
      server,
      form({ ...long, scales: [32, 48], styleTaps: { conv1: 1 } }, { explain }),
    );
    const begun = await eventsUntil(server, id, stepsDone(3));
    await expect(command(server, id, 'stop')).rejects.toThrow(/409 .*as a whole or not at all/);
    expect((await command(server, id, 'pause')).state).toBe('paused');
    await expect(command(server, id, 'stop')).rejects.toThrow(/409/);
    await command(server, id, 'resume');
    const rest = await eventsUntil(
      server,
      id,
      ({ name, data }) => name === 'step' && data.done === 1,
      begun.at(-1)?.id,
    );
    for (const pid of paintProcesses(server)) process.kill(pid, 'SIGKILL');
    await until(async () => (await look(server, id)).state === 'failed');
    await command(server, id, 'resume');
    const again = await eventsUntil(server, id, ({ name }) => name === 'done', rest.at(-1)?.id);
    expect(again.filter(stepsDone(1)).map(({ data }) => data.done)).toEqual(
      expect.arrayContaining([1, 2, 29, 30]),
    );
    expect(await (await fetch(`${server.url}/paintings/${id}/report`)).text()).toContain('id="report"');
  });

  it('keep how they grew where that is wanted, as the command does', async () => {
    const { id, command } = await ask(server, form({ scales: [32, 48], steps: [5, 4] }, { history: '2' }));
    expect(command).toMatch(/ --history content-style-history --history-every 2$/);
    await allEvents(server, id);
    const at = (path: string) => fetch(`${server.url}/paintings/${id}/history${path}`);
    const moments = (await (await at('')).json()) as { scale: number; step: number; url: string }[];
    expect(moments.map(({ scale, step }) => [scale, step])).toEqual([
      [32, 1],
      [32, 2],
      [32, 4],
      [32, 5],
      [48, 1],
      [48, 2],
      [48, 4],
    ]);
    const first = Buffer.from(await (await fetch(server.url + moments[0]?.url)).arrayBuffer());
    expect(await sharp(first).metadata()).toMatchObject({ format: 'webp', width: 48, height: 36 });
    expect((await at('/7')).status).toBe(404);
    const answer = await at('/animation');
    expect(answer.headers.get('content-disposition')).toContain('filename="content-style-history.webp"');
    const animation = await sharp(Buffer.from(await answer.arrayBuffer()), { animated: true }).metadata();
    expect(animation.delay?.reduce((a, b) => a + b, 0)).toBe(6 * 120 + 2000);
    for (const history of ['0', 'often', '1e1']) {
      await expect(ask(server, form(small, { history }))).rejects.toThrow('whole number of steps');
    }
    await expect(ask(server, form(endless, { history: '10' }))).rejects.toThrow('at most 250 pictures');
    expect(
      await (await fetch(`${server.url}/paintings/${(await ask(server, form(small))).id}/history`)).json(),
    ).toEqual([]);
  });

  it('wait, rest and stop in the queue', async () => {
    const before = await ask(server, form(endless));
    await eventsUntil(server, before.id, stepsDone(1));
    const { id } = await ask(server, form(small));
    expect(await look(server, id)).toMatchObject({ state: 'queued', queuePosition: 1 });
    expect((await command(server, id, 'pause')).state).toBe('paused');
    await expect(command(server, id, 'stop')).rejects.toThrow(/Nothing of this painting/);
    expect((await command(server, id, 'resume')).state).toBe('queued');
    await fetch(`${server.url}/paintings/${before.id}`, { method: 'DELETE' });
    await allEvents(server, id);
    expect((await look(server, id)).state).toBe('done');
    await expect(command(server, id, 'pause')).rejects.toThrow(/can no longer be paused/);
  });

  it('fail alone when their process is killed, with the reason, and can go on', async () => {
    const { id } = await ask(server, form(long));
    await eventsUntil(server, id, stepsDone(9));
    for (const pid of paintProcesses(server)) process.kill(pid, 'SIGKILL');
    const told = await allEvents(server, id);
    expect(told.at(-2)).toMatchObject({
      name: 'failed',
      data: { state: 'failed', error: expect.stringMatching(/memory runs out/) },
    });
    await command(server, id, 'resume');
    const rest = (await allEvents(server, id, told.at(-2)?.id)).filter(({ name }) => name === 'step');
    expect(rest[0]?.data.done).toBeGreaterThan(1);
    expect((await look(server, id)).state).toBe('done');
  });

  it('go on from their checkpoint when the server was killed, and come out the same', async () => {
    const { id } = await ask(server, form(long));
    const waiting = await ask(server, form(small));
    const before = await eventsUntil(server, id, stepsDone(9));
    const orphans = paintProcesses(server);
    await killAtOnce(server);
    server = await startServer(place, ['--checkpoint-every', '0', '--lease', '3']);
    await until(() => orphans.every((pid) => !isAlive(pid)));
    const after = await allEvents(server, id, before.at(-1)?.id);
    const steps = after.filter(({ name }) => name === 'step').map(({ data }) => data.done as number);
    // Those that were painted and not told, and those after the checkpoint; never all again.
    expect(steps).not.toContain(1);
    expect(steps.at(-1)).toBe(30);
    const ids = [...before, ...after.slice(0, -1)].map((event) => event.id);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    expect(after.filter(({ name }) => name === 'done')).toHaveLength(1);
    expect(await picture(server, id)).toEqual(await picture(server, straight));
    await allEvents(server, waiting.id);
    expect((await look(server, waiting.id)).state).toBe('done');
  });

  it('are let go with a checkpoint when the server is asked to end', async () => {
    const { id } = await ask(server, form(long));
    await eventsUntil(server, id, stepsDone(9));
    server.child.kill('SIGTERM');
    expect((await server.outcome).code).toBe(0);
    server = await startServer(place, ['--checkpoint-every', '0']);
    const steps = (await allEvents(server, id)).filter(({ name }) => name === 'step');
    expect(steps.map(({ data }) => data.done)).toEqual(LONG_STEPS);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
