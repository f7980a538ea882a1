import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../src/core/errors.ts';
import {
  type ByteSource,
  openSafetensors,
  readSafetensors,
  readTensor,
  safetensorsParts,
  writeSafetensors,
} from '../src/core/weights/index.ts';
import { size } from './support/weights-tiny.ts';

const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
const array = shape.chain((shape) =>
  fc.float32Array({ minLength: size(shape), maxLength: size(shape) }).map((data) => ({ shape, data })),
);
const names = fc.string({ unit: 'binary', maxLength: 12 }).filter((name) => name !== '__metadata__');
const weights = fc.array(fc.tuple(names, array), { maxLength: 6 }).map((entries) => new Map(entries));

/** A file with this header and these data; the header is padded as little as possible. */
function file(header: unknown, data: Uint8Array | number = 0): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const body = typeof data === 'number' ? new Uint8Array(data) : data;
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
}

const one = (entry: unknown, bytes = 8) => file({ a: entry }, bytes);

function sourceOf(bytes: Uint8Array): ByteSource & { readonly reads: number[][] } {
  const reads: number[][] = [];
  return {
    size: bytes.length,
    reads,
    async read(offset, length) {
      reads.push([offset, length]);
      if (offset + length > bytes.length) throw new Error('read past the end');
      return bytes.slice(offset, offset + length);
    },
  };
}

describe('safetensors', () => {
  it('gives back what was written, whole and in parts', async () => {
    await fc.assert(
      fc.asyncProperty(weights, fc.dictionary(fc.string(), fc.string()), async (weights, metadata) => {
        const bytes = writeSafetensors(weights, metadata);
        const read = readSafetensors(bytes);
        expect(read.weights).toStrictEqual(weights);
        expect(Object.entries(read.metadata).sort()).toEqual(Object.entries(metadata).sort());
        const source = sourceOf(bytes);
        const header = await openSafetensors(source);
        expect(header.dataOffset % 8).toBe(0);
        for (const [name, tensor] of weights) {
          expect(await readTensor(source, header, name)).toStrictEqual(tensor);
        }
      }),
      { seed: 11 },
    );
  });

  it("reads from Node's Buffer, wherever that lies in its memory", () => {
    const weights = new Map(
      ['a', 'b'].map((name, i) => [name, { shape: [3], data: Float32Array.of(i, 2, 3) }]),
    );
    const bytes = Buffer.concat([Buffer.from('xyz'), writeSafetensors(weights)]).subarray(3);
    expect(readSafetensors(bytes).weights).toStrictEqual(weights);
  });

  it('writes bytes that follow the specification', () => {
    const bytes = writeSafetensors(new Map([['a', { shape: [2, 1], data: Float32Array.of(1.5, -2) }]]), {
      k: 'v',
    });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))).toEqual({
      __metadata__: { k: 'v' },
      a: { dtype: 'F32', shape: [2, 1], data_offsets: [0, 8] },
    });
    expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0]);
  });

  it('reads only the bytes of the arrays that are asked for', async () => {
    const all = new Map(
      ['a', 'b', 'c'].map((name) => [name, { shape: [1000], data: new Float32Array(1000) }]),
    );
    const source = sourceOf(writeSafetensors(all));
    const header = await openSafetensors(source);
    await readTensor(source, header, 'b');
    const read = source.reads.reduce((sum, [, length]) => sum + (length as number), 0);
    expect(read).toBe(header.dataOffset + 4000);
  });

  it('does not copy arrays to write them', () => {
    const data = Float32Array.of(1, 2, 3);
    const [, part] = safetensorsParts(new Map([['a', { shape: [3], data }]]));
    expect(part?.buffer).toBe(data.buffer);
  });

  it.each([
    [
      'F16',
      [0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x3555],
      [1, -2, 2 ** -24, 65504, Infinity, 0.333251953125],
    ],
    ['BF16', [0x3f80, 0xc000, 0x3eab, 0x7f80], [1, -2, 0.333984375, Infinity]],
  ])('reads %s', (dtype, bits, expected) => {
    const data = new Uint8Array(Uint16Array.from(bits).buffer);
    const bytes = file({ a: { dtype, shape: [bits.length], data_offsets: [0, data.length] } }, data);
    expect([...(readSafetensors(bytes).weights.get('a')?.data ?? [])]).toEqual(expected);
  });

  it('reads NaN of half precision as NaN', () => {
    const bytes = file({ a: { dtype: 'F16', shape: [], data_offsets: [0, 2] } }, Uint8Array.of(1, 0x7e));
    expect(readSafetensors(bytes).weights.get('a')?.data).toEqual(Float32Array.of(Number.NaN));
  });

  it('reads F64, rounding to float32', () => {
    const data = new Uint8Array(Float64Array.of(Math.PI, -1e300).buffer);
    const bytes = file({ a: { dtype: 'F64', shape: [2], data_offsets: [0, 16] } }, data);
    expect(readSafetensors(bytes).weights.get('a')?.data).toEqual(Float32Array.of(Math.PI, -Infinity));
  });

  const whole = writeSafetensors(new Map([['a', { shape: [2], data: Float32Array.of(1, 2) }]]));
  const f32 = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(), /The file is empty/],
    ['less than a length', Uint8Array.of(1, 2, 3), /no safetensors file/],
    ['a length of zero', new Uint8Array(64), /no safetensors file/],
    ['a length beyond the limit', new Uint8Array(64).fill(0xff), /no safetensors file/],
    ['a header beyond the end', whole.subarray(0, 20), /cut short within its header/],
    ['a header that is no JSON', file('{"a": nonsense}'), /header is no JSON object/],
    ['a header that is no UTF-8', file('{"a": 1}', 0).fill(0xff, 10, 12), /header is no JSON object/],
    ['a header that is a list', file([1, 2]), /header is no JSON object/],
    ['metadata that are no texts', file({ __metadata__: { a: 1 } }), /metadata are not texts/],
    ['metadata that are a list', file({ __metadata__: ['a'] }), /metadata are not texts/],
    ['an entry that is nothing', one(null), /array "a" lacks its kind/],
    ['no kind', one({ ...f32, dtype: undefined }), /array "a" lacks its kind/],
    ['an unknown kind', one({ ...f32, dtype: 'F33' }), /unknown kind, F33/],
    ['a kind from Object', one({ ...f32, dtype: 'constructor' }), /unknown kind, constructor/],
    ['no shape', one({ ...f32, shape: 'two' }), /lacks its kind, shape/],
    ['a negative size', one({ ...f32, shape: [-2] }), /lacks its kind, shape/],
    ['half a size', one({ ...f32, shape: [0.5] }), /lacks its kind, shape/],
    [
      'a shape of another size',
      one({ ...f32, shape: [3] }),
      /"a" of shape \[3\] and kind F32 cannot take 8 bytes/,
    ],
    ['an enormous shape', one({ ...f32, shape: [2 ** 40, 2 ** 40] }), /cannot take 8 bytes/],
    ['a negative place', one({ ...f32, data_offsets: [-8, 0] }), /lacks its kind, shape or place/],
    ['a place that runs backwards', one({ ...f32, data_offsets: [8, 0] }), /cannot take -8 bytes/],
    ['three offsets', one({ ...f32, data_offsets: [0, 4, 8] }), /lacks its kind, shape or place/],
    ['a place beyond the end', one(f32, 4), /is cut short: it should have \d+ bytes but has \d+/],
    ['bytes after the end', one(f32, 12), /has something after its end/],
    [
      'an array over another',
      file({ a: f32, b: { ...f32, data_offsets: [4, 12] } }, 12),
      /"b" lies over the one before/,
    ],
    ['the same place twice', file({ a: f32, b: f32 }, 8), /"b" lies over the one before/],
    ['a gap', file({ a: f32, b: { ...f32, data_offsets: [12, 20] } }, 20), /"b" leaves a gap before it/],
    ['integers', one({ ...f32, dtype: 'I32' }), /"a" holds I32 values, not F32/],
  ])('refuses %s', async (_what, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(UserError);
    expect(() => readSafetensors(bytes)).toThrow(message);
    // In parts the same, without a read beyond the end of the file.
    const source = sourceOf(bytes);
    const inParts = openSafetensors(source).then((header) => readTensor(source, header, 'a'));
    await expect(inParts).rejects.toThrow(message);
  });

  it('refuses a file that is cut anywhere', () => {
    for (let length = 0; length < whole.length; length++) {
      expect(() => readSafetensors(whole.subarray(0, length))).toThrow(UserError);
    }
  });

  it('names the file and the array that is not there', async () => {
    const source = sourceOf(whole);
    const header = await openSafetensors(source);
    await expect(readTensor(source, header, 'b', 'The file x')).rejects.toThrow(
      'The file x has no array "b".',
    );
  });

  it('refuses to write what does not fit its shape', () => {
    const wrong = new Map([['a', { shape: [3], data: new Float32Array(2) }]]);
    expect(() => writeSafetensors(wrong)).toThrow('Cannot write "a" of shape [3] with 2 values.');
  });
});
