import { existsSync } from 'node:fs';
import {
  appendFile,
  type FileHandle,
  mkdir,
  open,
  readFile,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../src/core/errors.ts';
import { writeSafetensors } from '../src/core/weights/index.ts';
import {
  type CatalogueEntry,
  listModels,
  loadModel,
  loadWeights,
  pullModel,
  removeModel,
  storeFolder,
  verifyModel,
} from '../src/node/store/index.ts';
import { deadPort, serveFile, startServer } from './support/http-server.ts';
import { contents, kerasSource, storeOptions, tinyHdf5, userMessage } from './support/weights-store.ts';
import {
  float32Bytes,
  kerasArrays,
  temporaryFolder,
  tensor,
  tiny,
  tinyWeights,
  writeTensorflowjs,
} from './support/weights-tiny.ts';

afterEach(() => vi.unstubAllEnvs());

const weights = tinyWeights();
const file = await tinyHdf5();

/** A store whose one source is a sound server. */
async function soundStore(bytes = file) {
  const server = await startServer((request, response) => serveFile(request, response, bytes));
  const options = await storeOptions(kerasSource(`${server.url}/tiny.h5`, bytes));
  return { server, options, stored: join(options.folder, 'tiny.safetensors') };
}

/** A store without a network. */
async function lonelyStore() {
  const url = `http://127.0.0.1:${await deadPort()}/keras/tiny_weights.h5`;
  return await storeOptions(kerasSource(url, file));
}

describe('where the store is', () => {
  it('is VELATURA_CACHE, or where the platform keeps caches', () => {
    vi.stubEnv('VELATURA_CACHE', join('/', 'some', 'where'));
    expect(storeFolder()).toBe(join('/', 'some', 'where', 'models'));
    vi.stubEnv('VELATURA_CACHE', '');
    vi.stubEnv('XDG_CACHE_HOME', join('/', 'xdg'));
    if (process.platform === 'linux') expect(storeFolder()).toBe('/xdg/velatura/models');
    else expect(storeFolder()).toMatch(/velatura.*models$/);
  });
});

describe('a store', () => {
  it('fetches once, converts, lists, verifies, loads and removes', async () => {
    const { server, options, stored } = await soundStore();
    const expected = {
      name: 'tiny',
      title: 'Tiny',
      licence: 'CC0',
      file: stored,
      downloadBytes: file.length,
      sources: [`${server.url}/tiny.h5`],
    };
    expect(await listModels(options)).toEqual([
      { ...expected, state: 'absent', bytes: 0, source: undefined },
    ]);

    const pulled = await pullModel('tiny', options);
    const { length } = await readFile(stored);
    expect(pulled).toEqual({
      name: 'tiny',
      file: stored,
      bytes: length,
      source: `${server.url}/tiny.h5`,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      fetched: true,
    });
    expect(await contents(options.folder)).toEqual(['tiny.safetensors']);
    expect(await pullModel('tiny', options)).toEqual({ ...pulled, fetched: false });
    expect(server.requests).toHaveLength(1);
    expect(await listModels(options)).toEqual([
      { ...expected, state: 'here', bytes: length, source: `${server.url}/tiny.h5` },
    ]);
    const { fetched: _, ...model } = pulled;
    expect(await verifyModel('tiny', options)).toEqual(model);

    const loaded = await loadModel('tiny', options);
    expect(loaded.architecture).toBe(tiny);
    expect(Object.fromEntries(loaded.weights)).toStrictEqual(Object.fromEntries(weights));
    expect(server.requests).toHaveLength(1);

    expect(await removeModel('tiny', options)).toBe(length);
    expect(await contents(options.folder)).toEqual([]);
    expect(await removeModel('tiny', options)).toBe(0);
    expect(await userMessage(verifyModel('tiny', options))).toBe(
      'The weights of tiny are not here; run "velatura models pull tiny" to fetch them.',
    );
  });

  it('tells how far a download is', async () => {
    const { server, options } = await soundStore();
    const seen: unknown[] = [];
    await pullModel('tiny', { ...options, onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toEqual({
      received: file.length,
      total: file.length,
      source: `${server.url}/tiny.h5`,
    });
  });

  it.each([
    ['of its own', new Error('the window is gone')],
    ['that a person is to read', new UserError('Open the window.')],
    ['that looks like one of the network', new TypeError('terminated', { cause: new Error('other side') })],
    ['that looks like one of the disk', Object.assign(new Error('a full log'), { code: 'ENOSPC' })],
  ])('gives up when whoever is told so throws an error %s', async (_what, error) => {
    const { server, options } = await soundStore();
    const onProgress = vi.fn(() => {
      throw error;
    });
    await expect(pullModel('tiny', { ...options, onProgress })).rejects.toBe(error);
    expect(onProgress).toHaveBeenCalledOnce();
    expect(server.requests).toHaveLength(1);
    expect(await contents(options.folder)).toEqual([]);
  });

  it('fetches anew if told to', async () => {
    const { server, options } = await soundStore();
    await pullModel('tiny', options);
    expect((await pullModel('tiny', { ...options, force: true })).fetched).toBe(true);
    expect(server.requests).toHaveLength(2);
  });

  it('fetches what is to be loaded', async () => {
    const { options } = await soundStore();
    expect(Object.fromEntries((await loadModel('tiny', options)).weights)).toStrictEqual(
      Object.fromEntries(weights),
    );
  });

  it('loads only the convolutions that are needed', async () => {
    const { options } = await soundStore();
    const some = await loadWeights('tiny', ['block2_conv1'], options);
    expect([...some.keys()]).toEqual(['block2_conv1.weight', 'block2_conv1.bias']);
    expect(some.get('block2_conv1.weight')).toStrictEqual(weights.get('block2_conv1.weight'));
    const asked = await loadModel('tiny', {
      ...options,
      needed: ({ convolutions }) => [convolutions[0]?.name ?? ''],
    });
    expect([...asked.weights.keys()]).toEqual(['block1_conv1.weight', 'block1_conv1.bias']);
    expect(await userMessage(loadWeights('tiny', ['block9'], options))).toBe(
      'tiny has no convolution "block9".',
    );
  });

  it('says which networks there are', async () => {
    const { options } = await soundStore();
    const message = 'There is no network "vgg20"; the networks are tiny.';
    expect(await userMessage(loadModel('vgg20', options))).toBe(
      'There is no network "vgg20"; the networks are tiny, or give a weight file (.safetensors, .h5 or a TensorFlow.js model.json).',
    );
    expect(await userMessage(loadWeights('vgg20', [], options))).toBe(message);
    expect(await userMessage(pullModel('vgg20', options))).toBe(message);
    expect(await userMessage(verifyModel('vgg20', options))).toBe(message);
    expect(await userMessage(removeModel('vgg20', options))).toBe(message);
  });

  it('says that its folder cannot be one', async () => {
    const { options } = await soundStore();
    const blocked = join(options.folder, 'file');
    await writeFile(blocked, '');
    expect(await userMessage(pullModel('tiny', { ...options, folder: join(blocked, 'models') }))).toBe(
      `Cannot write models to ${join(blocked, 'models')} (ENOTDIR); make it a writable folder, or set VELATURA_CACHE to another.`,
    );
  });

  it.runIf(existsSync('/proc/self'))('says so where nothing can be made, such as in /proc', async () => {
    const { options } = await soundStore();
    const message = await userMessage(pullModel('tiny', { ...options, folder: '/proc/velatura/models' }));
    expect(message).toMatch(/^Cannot write models to \/proc\/velatura\/models \(E[A-Z]+\);/);
  });

  it('removes what killed processes left a day ago, and nothing else', async () => {
    const { options } = await soundStore();
    const longAgo = new Date(Date.now() - 25 * 60 * 60 * 1000);
    // No process has that number.
    const leftovers = {
      [`.pull-${2 ** 30}-old`]: longAgo,
      [`.pull-${2 ** 30}-new`]: new Date(),
      [`.pull-${process.pid}-alive`]: longAgo,
    };
    for (const [name, time] of Object.entries(leftovers)) {
      await mkdir(join(options.folder, name));
      await writeFile(join(options.folder, name, 'download'), 'half');
      await utimes(join(options.folder, name), time, time);
    }
    await pullModel('tiny', options);
    expect((await contents(options.folder)).filter((name) => !name.endsWith('download'))).toEqual(
      [`.pull-${2 ** 30}-new`, `.pull-${process.pid}-alive`, 'tiny.safetensors'].sort(),
    );
  });
});

describe('a damaged file in the store', () => {
  const half = async (path: string) => truncate(path, (await readFile(path)).length >> 1);

  it.each<[string, (path: string) => Promise<unknown>]>([
    ['cut short', half],
    ['too long', (path) => appendFile(path, 'more')],
  ])('that is %s is noticed and fetched anew when loaded', async (_what, damage) => {
    const { server, options, stored } = await soundStore();
    await pullModel('tiny', options);
    await damage(stored);
    expect((await listModels(options))[0]).toMatchObject({
      state: 'damaged',
      source: `${server.url}/tiny.h5`,
    });
    expect(await userMessage(verifyModel('tiny', options))).toMatch(
      /^The stored weights of tiny are damaged \(the file .*\); run "velatura models pull tiny --force" to fetch them anew\.$/,
    );
    const loaded = await loadModel('tiny', options);
    expect(Object.fromEntries(loaded.weights)).toStrictEqual(Object.fromEntries(weights));
    expect(server.requests).toHaveLength(2);
    await verifyModel('tiny', options);
  });

  it('that is damaged past its head is fetched anew when loaded, too', async () => {
    const { server, options, stored } = await soundStore();
    await pullModel('tiny', options);
    const bytes = await readFile(stored);
    bytes.fill(0xff, bytes.length - 4);
    await writeFile(stored, bytes);
    expect((await listModels(options))[0]?.state).toBe('here');
    const loaded = await loadModel('tiny', options);
    expect(Object.fromEntries(loaded.weights)).toStrictEqual(Object.fromEntries(weights));
    expect(server.requests).toHaveLength(2);
  });

  it('is replaced by a pull', async () => {
    const { server, options, stored } = await soundStore();
    await pullModel('tiny', options);
    await half(stored);
    expect((await pullModel('tiny', options)).fetched).toBe(true);
    expect(server.requests).toHaveLength(2);
  });

  it('is not replaced by itself if a person brought it in', async () => {
    const { server, options, stored } = await soundStore();
    const own = join(await temporaryFolder(), 'own.safetensors');
    await writeFile(own, writeSafetensors(tinyWeights(9)));
    await pullModel('tiny', { ...options, from: own });
    await half(stored);
    expect(await userMessage(loadModel('tiny', options))).toMatch(
      /are damaged .* run "velatura models pull tiny --force"/,
    );
    // Nor if nothing can be read of it.
    await truncate(stored, 0);
    expect(await userMessage(loadModel('tiny', options))).toMatch(/are damaged \(the file is empty\); run/);
    expect(server.requests).toHaveLength(0);
  });

  it('that cannot be fetched anew is named as the reason', async () => {
    const { server, options, stored } = await soundStore();
    await pullModel('tiny', options);
    await half(stored);
    server.close();
    expect(await userMessage(loadModel('tiny', options))).toMatch(
      /^The stored weights of tiny are damaged\. The weights of tiny cannot be fetched \(.* refuses the connection\)\. On a machine/,
    );
    expect(await contents(options.folder)).toEqual(['tiny.safetensors']);
  });

  it('with a changed value is found by verify', async () => {
    const { options, stored } = await soundStore();
    await pullModel('tiny', options);
    const bytes = await readFile(stored);
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    await writeFile(stored, bytes);
    expect(await userMessage(verifyModel('tiny', options))).toBe(
      'The stored weights of tiny are damaged (its arrays are not those that were written); run "velatura models pull tiny --force" to fetch them anew.',
    );
  });

  it('that holds another network, or NaN, is noticed', async () => {
    const { options, stored } = await soundStore();
    await writeFile(stored, writeSafetensors(new Map([['a', tensor([2])]])));
    expect(await userMessage(loadModel('tiny', options))).toMatch(
      /"block1_conv1.weight" is missing or of another shape/,
    );
    await writeFile(stored, writeSafetensors(weights));
    expect(await userMessage(verifyModel('tiny', options))).toMatch(
      /it carries no hash to compare its arrays with/,
    );
    const broken = tinyWeights();
    broken.get('block2_conv1.bias')?.data.fill(Number.NaN);
    await writeFile(stored, writeSafetensors(broken));
    expect(await userMessage(loadModel('tiny', options))).toMatch(
      /"block2_conv1.bias" holds values that are not finite/,
    );
    // What is wrong is in an array that is not needed.
    await expect(loadWeights('tiny', ['block1_conv1'], options)).resolves.toBeInstanceOf(Map);
  });
});

describe('what cannot be a file of the store', () => {
  it('is a folder in its place, which nobody reads or replaces', async () => {
    const { server, options, stored } = await soundStore();
    await mkdir(stored);
    await writeFile(join(stored, 'own'), 'by hand');
    const message = `The weights of tiny should be in the file ${stored}, but that is a folder; move it away.`;
    expect(await userMessage(loadModel('tiny', options))).toBe(message);
    expect(await userMessage(verifyModel('tiny', options))).toBe(message);
    expect(await userMessage(pullModel('tiny', options))).toBe(message);
    expect(await userMessage(pullModel('tiny', { ...options, force: true }))).toBe(message);
    expect(await userMessage(removeModel('tiny', options))).toBe(message);
    expect(await contents(stored)).toEqual(['own']);
    expect(server.requests).toHaveLength(0);
  });

  it('does not hide the other networks from a list', async () => {
    const { options } = await soundStore();
    const [entry] = options.catalogue as [CatalogueEntry];
    const names = ['folder', 'loop', 'broken', 'tiny', 'absent'];
    const catalogue = names.map((name) => ({ ...entry, architecture: { ...tiny, name } }));
    const path = (name: string) => join(options.folder, `${name}.safetensors`);
    await pullModel('tiny', options);
    await mkdir(path('folder'));
    await symlink(path('loop'), path('loop'));
    await writeFile(path('broken'), 'short');
    const models = await listModels({ ...options, catalogue });
    const { length } = await readFile(path('tiny'));
    expect(models.map(({ name, state, bytes }) => [name, state, bytes])).toEqual([
      ['folder', 'damaged', 0],
      ['loop', 'damaged', 0],
      ['broken', 'damaged', 5],
      ['tiny', 'here', length],
      ['absent', 'absent', 0],
    ]);
    // What cannot be read can still be removed, or fetched anew.
    expect(await userMessage(verifyModel('loop', { ...options, catalogue }))).toBe(
      `The stored weights of loop cannot be read: ${path('loop')} (ELOOP); make it readable, or run "velatura models pull loop --force" to fetch them anew.`,
    );
    expect((await pullModel('loop', { ...options, catalogue, force: true })).fetched).toBe(true);
    await removeModel('loop', { ...options, catalogue });
    expect(existsSync(path('loop'))).toBe(false);
  });

  it('is a file on a disk that fails', async () => {
    const { options, stored } = await soundStore();
    await pullModel('tiny', options);
    const handle = await open(stored);
    const files: FileHandle = Object.getPrototypeOf(handle);
    await handle.close();
    const failure = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', errno: -5 });
    const read = vi.spyOn(files, 'read').mockRejectedValue(failure);
    try {
      expect((await listModels(options))[0]?.state).toBe('damaged');
      expect(await userMessage(loadModel('tiny', options))).toMatch(
        /^The stored weights of tiny cannot be read: .* \(EIO\); make it readable, or run /,
      );
    } finally {
      read.mockRestore();
    }
  });
});

describe('without a network', () => {
  it('says why, and which file to bring and how', async () => {
    const url = `http://127.0.0.1:${await deadPort()}/keras/tiny_weights.h5`;
    const options = await storeOptions(kerasSource(url, file));
    expect(await userMessage(loadModel('tiny', options))).toBe(
      `The weights of tiny cannot be fetched (${url}: its server refuses the connection). ` +
        `On a machine with a network download ${url}, bring the file here and run "velatura models pull tiny --from tiny_weights.h5".`,
    );
    expect(await contents(options.folder)).toEqual([]);
  });

  it('takes the file that was brought, of whatever kind', async () => {
    const options = await lonelyStore();
    const brought = await temporaryFolder();
    const arrays = [...kerasArrays(weights, (layer, array) => `${layer}/${array}`)];
    const model = await writeTensorflowjs(
      join(brought, 'tfjs'),
      arrays.map(([name, { shape, data }]) => ({ name, shape, bytes: float32Bytes(data) })),
      5000,
    );
    // Content counts, not the name.
    await writeFile(join(brought, 'tiny (1).h5.download'), file);
    await writeFile(join(brought, 'tiny.st'), writeSafetensors(weights));
    for (const from of [
      model,
      join(brought, 'tfjs'),
      join(brought, 'tiny (1).h5.download'),
      join(brought, 'tiny.st'),
    ]) {
      const pulled = await pullModel('tiny', { ...options, from });
      expect(pulled).toMatchObject({ fetched: true, source: expect.stringMatching(/^file /) });
      const loaded = await loadModel('tiny', options);
      expect(Object.fromEntries(loaded.weights)).toStrictEqual(Object.fromEntries(weights));
      await removeModel('tiny', options);
    }
  });

  it('refuses a file that is not there, of another network or damaged, and keeps what is here', async () => {
    const options = await lonelyStore();
    const folder = await temporaryFolder();
    const sound = join(folder, 'sound.safetensors');
    await writeFile(sound, writeSafetensors(weights));
    const before = await pullModel('tiny', { ...options, from: sound });
    const from = join(folder, 'x');
    const refused = () => userMessage(pullModel('tiny', { ...options, from }));
    expect(await refused()).toBe(`The file ${from} is not there.`);
    await writeFile(from, '');
    expect(await refused()).toBe(`The file ${from} is empty; get it anew.`);
    await writeFile(from, 'some text');
    expect(await refused()).toBe(
      `The file ${from} is no weight file; it should be safetensors, Keras HDF5 or TensorFlow.js.`,
    );
    await writeFile(from, writeSafetensors(new Map([['a', tensor([2])]])));
    expect(await refused()).toBe(`The file ${from} is no tiny: it has no array "block1_conv1.weight".`);
    await writeFile(from, Uint8Array.of(0x1f, 0x8b, 8, 0));
    expect(await refused()).toBe(`The file ${from} is a tarball, and tiny does not come in one.`);
    // A converted file carries its own hash.
    const bytes = await readFile(before.file);
    bytes[bytes.length - 2] = (bytes.at(-2) as number) ^ 1;
    await writeFile(from, bytes);
    expect(await refused()).toBe(
      `The file ${from} is damaged: its arrays are not those that were written; get it anew.`,
    );
    expect(await verifyModel('tiny', options)).toMatchObject({ sha256: before.sha256 });
  });
});

describe('a network from a file', () => {
  it('is read and known, whatever its kind', async () => {
    const options = await lonelyStore();
    const folder = await temporaryFolder();
    const files = {
      'a.safetensors': writeSafetensors(weights),
      'b.h5': file,
    };
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
    const arrays = [...kerasArrays(weights, (layer, array) => `${layer}/${array}`)];
    await writeTensorflowjs(
      join(folder, 'c'),
      arrays.map(([name, { shape, data }]) => ({ name, shape, bytes: float32Bytes(data) })),
      999,
    );
    for (const name of [...Object.keys(files), 'c', join('c', 'model.json')]) {
      const loaded = await loadModel(join(folder, name), options);
      expect(loaded.architecture).toBe(tiny);
      expect(Object.fromEntries(loaded.weights)).toStrictEqual(Object.fromEntries(weights));
    }
    expect(await contents(options.folder)).toEqual([]);
  });

  it.each<[string, Uint8Array | string, RegExp]>([
    [
      'no weights at all',
      'GIF89a........',
      /is no weight file; it should be safetensors, Keras HDF5 or TensorFlow.js\.$/,
    ],
    ['nothing', '', /is empty; get it anew\.$/],
    ['other JSON', '{"a": 1}', /is no TensorFlow.js model: "weightsManifest" is missing or wrong\.$/],
    [
      'half an HDF5 file',
      file.subarray(0, 3000),
      /is a damaged HDF5 file, perhaps cut short; get it anew\.$/,
    ],
    [
      'half a safetensors file',
      writeSafetensors(weights).subarray(0, 5000),
      /is cut short: it should have \d+ bytes but has 5000/,
    ],
    [
      'NaN',
      writeSafetensors(
        new Map([
          ...weights,
          ['block1_conv1.bias', { shape: [16], data: new Float32Array(16).fill(Number.NaN) }],
        ]),
      ),
      /is damaged: "block1_conv1.bias" holds values that are not finite/,
    ],
    [
      'a wrong shape',
      writeSafetensors(new Map([...weights, ['block1_conv1.bias', tensor([17])]])),
      /is no tiny: "block1_conv1.bias" should be \[16\] but is \[17\]\.$/,
    ],
    [
      'other arrays',
      writeSafetensors(new Map([['a.weight', tensor([17])]])),
      /is none of tiny: its arrays are called "a.weight"\.$/,
    ],
  ])('is refused if it holds %s', async (_what, bytes, message) => {
    const options = await lonelyStore();
    const path = join(options.folder, 'x.bin');
    await writeFile(path, bytes);
    expect(await userMessage(loadModel(path, options))).toMatch(message);
    expect(await userMessage(loadModel(path, options))).toContain(`The file ${path}`);
  });

  it('is missed if it is not there, or a folder without a model', async () => {
    const options = await lonelyStore();
    const path = join(options.folder, 'x.h5');
    expect(await userMessage(loadModel(path, options))).toBe(`The file ${path} is not there.`);
    expect(await userMessage(loadModel(options.folder, options))).toMatch(/is no weight file/);
    const model = await writeTensorflowjs(
      options.folder,
      [{ name: 'a/bias', shape: [2], bytes: new Uint8Array(8) }],
      4,
    );
    await truncate(join(options.folder, 'group1-shard2of2.bin'), 0);
    expect(await userMessage(loadModel(model, options))).toMatch(
      /its files end 4 bytes before the end of "a\/bias"/,
    );
  });
});

describe('VELATURA_MODELS', () => {
  /** A folder with the tiny network converted, from weights that no source has. */
  async function mirrorFolder() {
    const options = await lonelyStore();
    const from = join(options.folder, 'own.safetensors');
    await writeFile(from, writeSafetensors(tinyWeights(5)));
    await pullModel('tiny', { ...options, from });
    return options.folder;
  }

  it('may name a folder, which is tried first', async () => {
    const mirror = await mirrorFolder();
    const { server, options } = await soundStore();
    vi.stubEnv('VELATURA_MODELS', mirror);
    const { mirror: _, ...fromEnvironment } = options;
    expect((await listModels(fromEnvironment))[0]?.sources[0]).toBe(join(mirror, 'tiny.safetensors'));
    const loaded = await loadModel('tiny', fromEnvironment);
    expect(Object.fromEntries(loaded.weights)).toStrictEqual(Object.fromEntries(tinyWeights(5)));
    expect(server.requests).toHaveLength(0);
    expect((await pullModel('tiny', fromEnvironment)).source).toBe(join(mirror, 'tiny.safetensors'));
  });

  it('may name a URL, with a password that nobody gets to see', async () => {
    const converted = await readFile(join(await mirrorFolder(), 'tiny.safetensors'));
    const server = await startServer((request, response) => serveFile(request, response, converted));
    const options = await lonelyStore();
    const mirror = `${server.url.replace('//', '//me:secret@')}/models/`;
    const pulled = await pullModel('tiny', { ...options, mirror });
    expect(pulled.source).toBe(`${server.url}/models/tiny.safetensors`);
    expect(server.requests.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/models/tiny.safetensors', `Basic ${Buffer.from('me:secret').toString('base64')}`],
    ]);
    expect(Object.fromEntries(await loadWeights('tiny', undefined, options))).toStrictEqual(
      Object.fromEntries(tinyWeights(5)),
    );
    expect(await readFile(pulled.file, 'latin1')).not.toContain('secret');
  });

  it('is passed over when it has not got the network, or a damaged one', async () => {
    const { server, options } = await soundStore();
    const mirror = await temporaryFolder();
    expect((await pullModel('tiny', { ...options, mirror })).source).toBe(`${server.url}/tiny.h5`);
    const converted = await readFile(join(options.folder, 'tiny.safetensors'));
    converted[converted.length - 1] = (converted.at(-1) as number) ^ 1;
    await writeFile(join(mirror, 'tiny.safetensors'), converted);
    expect((await pullModel('tiny', { ...options, mirror, force: true })).source).toBe(
      `${server.url}/tiny.h5`,
    );
    const lonely = await lonelyStore();
    expect(await userMessage(pullModel('tiny', { ...lonely, mirror }))).toContain(
      `cannot be fetched (${join(mirror, 'tiny.safetensors')}: it is damaged: its arrays are not those that were written; http://`,
    );
  });

  it.each([
    ['http://', 'is no URL that makes sense: http://'],
    ['http://me:secret@127.0.0.1:99999/', 'is no URL that makes sense: http://...@127.0.0.1:99999/'],
    ['http://us%er:p@127.0.0.1:41999/', 'has a user or password that makes no sense; write a % in it as %25'],
    [
      'http://me:se%cret@127.0.0.1:41999/',
      'has a user or password that makes no sense; write a % in it as %25',
    ],
    ['file://host/x', 'is no file URL of this machine: file://host/x; write it as file:///folder'],
    ['file:///a%2Fb', 'is no file URL of this machine: file:///a%2Fb; write it as file:///folder'],
    ['file:///a%zz', 'is no file URL of this machine: file:///a%zz; write it as file:///folder'],
  ])('must make sense, which %s does not', async (mirror, message) => {
    const options = { ...(await lonelyStore()), mirror };
    // Windows reads the host of a file URL as that of a shared folder.
    if (process.platform === 'win32' && mirror.startsWith('file://host')) return;
    expect(await userMessage(pullModel('tiny', options))).toBe(`VELATURA_MODELS ${message}.`);
    expect(await userMessage(listModels(options))).toBe(`VELATURA_MODELS ${message}.`);
    expect(await contents(options.folder)).toEqual([]);
  });

  it('may be a file URL', async () => {
    const mirror = await mirrorFolder();
    const options = await lonelyStore();
    const pulled = await pullModel('tiny', { ...options, mirror: pathToFileURL(mirror).href });
    expect(pulled.source).toBe(join(mirror, 'tiny.safetensors'));
  });
});

it("knows Velatura's own networks without a catalogue", async () => {
  const folder = await temporaryFolder();
  const models = await listModels({ folder, mirror: '' });
  expect(models.map(({ name, state, downloadBytes }) => [name, state, downloadBytes])).toEqual([
    ['resnet50', 'absent', 95_128_781],
    ['vgg19', 'absent', 80_134_624],
    ['vgg16', 'absent', 58_889_256],
  ]);
  for (const { licence, sources } of models)
    expect([licence, sources.length > 0]).toEqual([expect.stringMatching(/MIT|CC BY/), true]);
});
