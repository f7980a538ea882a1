import fc from 'fast-check';
import {
  add,
  addColumn,
  addToChannels,
  averagePool,
  constant,
  conv2d,
  crop,
  depthToSpace,
  div,
  elements,
  fill,
  gradient,
  gram,
  greater,
  input,
  matmul,
  maxPool,
  memoryOf,
  mirrorPad,
  mul,
  mulColumn,
  relu,
  reshape,
  reverse,
  rowSums,
  rowsAt,
  runOnce,
  ShapeError,
  scalar,
  scale,
  serialize,
  sigmoid,
  slice,
  spaceToDepth,
  sqrt,
  stop,
  sub,
  subsample,
  sum,
  sumSquares,
  type Tensor,
  transpose,
  upsample,
  where,
  wrapPad,
  zeroPad,
} from 'velatura';
import { describe, expect, it } from 'vitest';
import { noise } from './support/reference.ts';
import { testEngine } from './support/run.ts';

const engine = testEngine();

interface Case {
  readonly shape: number[];
  readonly build: (x: Tensor) => Tensor;
}

/** Constant values in [-1,1), other ones for other seeds. */
const values = (seed: number, shape: readonly number[]) =>
  constant(Float32Array.from(noise(seed * 7919 + 1, elements(shape))), shape);

/**
 * Values a good step apart from each other and from zero, in random order, so that no small change turns a
 * comparison or crosses the kink of a ReLU.
 */
function apart(count: number, seed: number): Float32Array {
  const order = Array.from(noise(seed * 104729 + 5, count), (key, i) => ({ key, i })).sort(
    (a, b) => a.key - b.key,
  );
  const result = new Float32Array(count);
  order.forEach(({ i }, place) => {
    result[i] = ((place + 0.25 - count / 2) / count) * 4;
  });
  return result;
}

const side = fc.integer({ min: 1, max: 9 });
const channels = fc.integer({ min: 1, max: 4 });
const seed = fc.integer({ min: 0, max: 1000 });
const maps = fc.tuple(channels, fc.integer({ min: 4, max: 9 }), fc.integer({ min: 4, max: 9 }), seed);

const operations: Record<string, fc.Arbitrary<Case>> = {
  add: fc
    .tuple(side, side, seed)
    .map(([h, w, s]) => ({ shape: [h, w], build: (x) => add(values(s, [h, w]), x) })),
  'add of a scalar': fc
    .tuple(side, seed)
    .map(([n, s]) => ({ shape: [], build: (x) => add(x, values(s, [n])) })),
  'add of one thing twice': side.map((n) => ({ shape: [n], build: (x) => add(x, x) })),
  sub: fc.tuple(side, seed).map(([n, s]) => ({ shape: [n], build: (x) => sub(values(s, [n]), x) })),
  mul: fc
    .tuple(side, side, seed)
    .map(([h, w, s]) => ({ shape: [h, w], build: (x) => mul(x, values(s, [h, w])) })),
  'mul of one thing twice': side.map((n) => ({ shape: [n], build: (x) => mul(x, x) })),
  'mul by a scalar': fc
    .tuple(side, seed)
    .map(([n, s]) => ({ shape: [], build: (x) => mul(values(s, [n]), x) })),
  'div by a constant': fc.tuple(side, seed).map(([n, s]) => ({
    shape: [n],
    build: (x) => div(x, add(mul(values(s, [n]), values(s, [n])), scalar(0.5))),
  })),
  'div of a constant': fc.tuple(side, seed).map(([n, s]) => ({
    shape: [n],
    build: (x) => div(values(s, [n]), add(mul(x, x), scalar(3))),
  })),
  scale: side.map((n) => ({ shape: [n], build: (x) => scale(x, -2.5) })),
  sum: fc.tuple(side, side).map(([h, w]) => ({ shape: [h, w], build: sum })),
  sumSquares: fc.tuple(side, side).map(([h, w]) => ({ shape: [h, w], build: sumSquares })),
  fill: fc.tuple(side, side).map(([h, w]) => ({ shape: [], build: (x) => fill(x, [h, w]) })),
  sqrt: side.map((n) => ({ shape: [n], build: (x) => sqrt(add(mul(x, x), scalar(1))) })),
  sigmoid: fc.tuple(side, side).map(([h, w]) => ({ shape: [h, w], build: sigmoid })),
  addColumn: fc
    .tuple(side, side, seed)
    .map(([h, w, s]) => ({ shape: [h, w], build: (x) => addColumn(x, values(s, [h, 1])) })),
  'addColumn, by the column': fc
    .tuple(side, side, seed)
    .map(([h, w, s]) => ({ shape: [h, 1], build: (x) => addColumn(values(s, [h, w]), x) })),
  mulColumn: fc
    .tuple(side, side, seed)
    .map(([h, w, s]) => ({ shape: [h, w], build: (x) => mulColumn(x, values(s, [h, 1])) })),
  'mulColumn, by the column': fc
    .tuple(side, side, seed)
    .map(([h, w, s]) => ({ shape: [h, 1], build: (x) => mulColumn(values(s, [h, w]), x) })),
  rowSums: fc.tuple(side, side).map(([h, w]) => ({ shape: [h, w], build: rowSums })),
  'stop of one of two ways': side.map((n) => ({
    shape: [n],
    // What is stopped counts as a constant: here one that adds nothing.
    build: (x) => add(x, sub(stop(x), stop(x))),
  })),
  relu: fc.tuple(side, side).map(([h, w]) => ({ shape: [h, w], build: relu })),
  reshape: fc.tuple(side, side).map(([h, w]) => ({ shape: [h, w], build: (x) => reshape(x, [w, h, 1]) })),
  transpose: fc.tuple(side, side).map(([h, w]) => ({ shape: [h, w], build: transpose })),
  slice: fc.tuple(maps, fc.constantFrom(2, 3)).map(([[c, h, w], axis]) => ({
    shape: [1, c, h, w],
    build: (x) => slice(x, axis, 1, 3),
  })),
  crop: maps.map(([c, h, w]) => ({ shape: [1, c, h, w], build: (x) => crop(x, 1) })),
  reverse: fc.tuple(maps, fc.constantFrom(1, 2, 3)).map(([[c, h, w], axis]) => ({
    shape: [1, c, h, w],
    build: (x) => reverse(x, axis),
  })),
  zeroPad: fc.tuple(maps, fc.constantFrom(2, 3)).map(([[c, h, w], axis]) => ({
    shape: [1, c, h, w],
    build: (x) => zeroPad(x, axis, 2, 1),
  })),
  mirrorPad: fc
    .tuple(maps, fc.constantFrom(2, 3), fc.integer({ min: 1, max: 4 }))
    .map(([[c, h, w], axis, margin]) => ({
      shape: [1, c, h, w],
      build: (x) => mirrorPad(x, axis, margin),
    })),
  wrapPad: fc
    .tuple(maps, fc.constantFrom(2, 3), fc.integer({ min: 1, max: 4 }))
    .map(([[c, h, w], axis, margin]) => ({
      shape: [1, c, h, w],
      build: (x) => wrapPad(x, axis, margin),
    })),
  upsample: maps.map(([c, h, w, s]) => ({ shape: [1, c, h, w], build: (x) => upsample(x, 2 + (s % 2)) })),
  subsample: fc.tuple(maps, fc.constantFrom(2, 3)).map(([[c, h, w], stride]) => ({
    shape: [1, c, h, w],
    build: (x) => subsample(x, stride),
  })),
  'subsample of maps in blocks': fc.tuple(maps, seed).map(([[, h, w], s]) => ({
    shape: [1, 16, h, w],
    build: (x) => conv2d(subsample(relu(x), 2), values(s, [16, 16, 1, 1])),
  })),
  depthToSpace: maps.map(([c, h, w]) => ({ shape: [1, 4 * c, h, w], build: (x) => depthToSpace(x, 2) })),
  spaceToDepth: maps.map(([c, h, w]) => ({ shape: [1, c, 2 * h, 2 * w], build: (x) => spaceToDepth(x, 2) })),
  matmul: fc.tuple(side, side, side, seed).map(([m, k, n, s]) => ({
    shape: [m, k],
    build: (x) => matmul(x, values(s, [k, n])),
  })),
  'matmul from the right': fc.tuple(side, side, side, seed).map(([m, k, n, s]) => ({
    shape: [k, n],
    build: (x) => matmul(values(s, [m, k]), x),
  })),
  gram: maps.map(([c, h, w]) => ({ shape: [1, c, h, w], build: gram })),
  conv2d: fc
    .tuple(maps, channels, fc.constantFrom(1, 2, 3), fc.constantFrom(0, 1, 2), fc.constantFrom(1, 2, 3))
    .map(([[c, h, w, s], out, kernel, padding, stride]) => ({
      shape: [1, c, h, w],
      build: (x) => conv2d(x, values(s, [out, c, kernel, kernel]), values(s + 1, [out]), { padding, stride }),
    })),
  'conv2d with edges of its own': fc
    .tuple(
      maps,
      channels,
      fc.constantFrom(1, 2),
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }),
    )
    .map(([[c, h, w, s], out, stride, padding]) => ({
      shape: [1, c, h, w],
      build: (x) =>
        conv2d(x, values(s, [out, c, 3, 3]), undefined, {
          padding: padding as [number, number, number, number],
          stride,
        }),
    })),
  'conv2d in groups': fc
    .tuple(maps, channels, fc.constantFrom(1, 2, 3), fc.constantFrom(1, 3), fc.constantFrom(0, 1))
    .map(([[c, h, w, s], out, groups, kernel, padding]) => ({
      shape: [1, groups * c, h, w],
      build: (x) =>
        conv2d(x, values(s, [groups * out, c, kernel, kernel]), values(s + 1, [groups * out]), {
          padding,
          groups,
        }),
    })),
  'conv2d of groups in blocks': seed.map((s) => ({
    shape: [1, 32, 3, 2],
    build: (x) => conv2d(relu(x), values(s, [64, 16, 1, 1]), undefined, { groups: 2 }),
  })),
  addToChannels: maps.map(([c, h, w, s]) => ({
    shape: [2, c, h, w],
    build: (x) => addToChannels(x, values(s, [c])),
  })),
  'relu of maps in blocks': seed.map((s) => ({
    shape: [1, 16, 3, 4],
    build: (x) => conv2d(relu(x), values(s, [16, 16, 1, 1])),
  })),
  'maxPool of maps in blocks': seed.map((s) => ({
    shape: [1, 16, 5, 4],
    build: (x) => conv2d(maxPool(x, { kernel: 2, stride: 2 }), values(s, [16, 16, 1, 1])),
  })),
  'maps in blocks used twice': seed.map((s) => ({
    shape: [1, 16, 3, 4],
    build: (x) => {
      const y = relu(
        conv2d(relu(x), values(s, [16, 16, 1, 1]), constant(new Float32Array(16).fill(20), [16])),
      );
      return add(reshape(gram(y), [256]), reshape(gram(conv2d(y, values(s + 1, [16, 16, 1, 1]))), [256]));
    },
  })),
  maxPool: fc.tuple(maps, fc.constantFrom(2, 3)).map(([[c, h, w], kernel]) => ({
    shape: [1, c, h, w],
    build: (x) => maxPool(x, { kernel, stride: kernel }),
  })),
  'maxPool with overlap': maps.map(([c, h, w]) => ({
    shape: [1, c, h, w],
    build: (x) => maxPool(x, { kernel: 3, stride: 2, padding: 1 }),
  })),
  averagePool: fc.tuple(maps, fc.constantFrom(2, 3)).map(([[c, h, w], kernel]) => ({
    shape: [1, c, h, w],
    build: (x) => averagePool(x, { kernel, stride: kernel }),
  })),
  'averagePool with overlap': maps.map(([c, h, w]) => ({
    shape: [1, c, h, w],
    build: (x) => averagePool(x, { kernel: 3, stride: 2, padding: 1 }),
  })),
  where: fc.tuple(side, seed).map(([n, s]) => ({
    shape: [n],
    build: (x) => where(greater(values(s, [n]), scalar(0)), x, scale(x, 3)),
  })),
};

/** Up to six places of an array. */
function places(count: number, seed: number): number[] {
  return [...new Set(Array.from(noise(seed + 1, 6), (value) => Math.floor(((value + 1) / 2) * count)))];
}

describe('the gradient rule', () => {
  it.each(Object.entries(operations))('of %s agrees with central differences', async (_, arbitrary) => {
    await fc.assert(
      fc.asyncProperty(arbitrary, seed, async ({ shape, build }, s) => {
        const x = input('x', shape);
        const y = build(x);
        // Any scalar made of the output will do; random weights let no error cancel out.
        const loss = sum(mul(y, values(s + 1, y.shape)));
        const [dx] = gradient(loss, [x]) as [Tensor];
        expect(dx.shape).toEqual(shape);

        const at = apart(elements(shape), s);
        const found = await runOnce(engine, { loss, dx }, { x: at });
        const analytic = found.dx as Float32Array;
        const largest = Math.max(...analytic.map(Math.abs), 0.1);
        const step = 0.4 / Math.max(at.length, 10);
        const program = await engine.compile(serialize({ loss }));
        for (const place of places(at.length, s)) {
          const lossAt = async (move: number) => {
            const moved = at.slice();
            moved[place] = (moved[place] as number) + move;
            return ((await program.run({ x: moved }, ['loss'])).loss as Float32Array)[0] as number;
          };
          const numeric = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
          expect(Math.abs(numeric - (analytic[place] as number))).toBeLessThan(0.02 * largest);
        }
        await program.release();
      }),
      // Float32 losses leave some shapes little room: the same cases each time.
      { numRuns: 8, seed: 1 },
    );
  });
});

describe('the operations on rows and columns', () => {
  it('add and multiply along rows, and sum them', async () => {
    const x = constant(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
    const column = constant(Float32Array.of(10, -1), [2, 1]);
    const outputs = { sums: rowSums(x), added: addColumn(x, column), multiplied: mulColumn(x, column) };
    const found = await runOnce(engine, outputs, {});
    expect([...(found.sums as Float32Array)]).toEqual([6, 15]);
    expect([...(found.added as Float32Array)]).toEqual([11, 12, 13, 3, 4, 5]);
    expect([...(found.multiplied as Float32Array)]).toEqual([10, 20, 30, -4, -5, -6]);
  });
});

describe('rowsAt', () => {
  it('gives rows by their numbers, in that order and as often as they are named', async () => {
    const x = constant(Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2]);
    const numbers = input('numbers', [4]);
    const found = await runOnce(engine, { y: rowsAt(x, numbers) }, { numbers: Float32Array.of(2, 0, 1, 0) });
    expect([...(found.y as Float32Array)]).toEqual([5, 6, 1, 2, 3, 4, 1, 2]);
  });
});

describe('sigmoid', () => {
  it('goes from 0 to 1, and is a number with a gradient anywhere', async () => {
    const x = input('x', [5]);
    const y = sigmoid(x);
    const [dx] = gradient(sum(y), [x]) as [Tensor];
    const found = await runOnce(engine, { y, dx }, { x: Float32Array.of(-1e30, -1, 0, 1, 1e30) });
    const [low, below, middle, above, high] = found.y as Float32Array as unknown as number[];
    expect(low).toBeCloseTo(0, 5);
    expect(below).toBeCloseTo(1 / (1 + Math.E), 5);
    expect(middle).toBeCloseTo(0.5, 5);
    expect(above).toBeCloseTo(Math.E / (1 + Math.E), 5);
    expect(high).toBeCloseTo(1, 5);
    expect([...(found.dx as Float32Array)].map((d) => Math.round(d * 1e4) / 1e4)).toEqual([
      0, 0.1966, 0.25, 0.1966, 0,
    ]);
  });
});

describe('mirrorPad', () => {
  it('mirrors both ends, the outermost values included', async () => {
    const x = input('x', [1, 4]);
    const found = await runOnce(engine, { y: mirrorPad(x, 1, 2) }, { x: Float32Array.of(1, 2, 3, 4) });
    expect([...(found.y as Float32Array)]).toEqual([2, 1, 1, 2, 3, 4, 4, 3]);
  });
});

describe('wrapPad', () => {
  it('continues either end with the other', async () => {
    const x = input('x', [1, 4]);
    const found = await runOnce(engine, { y: wrapPad(x, 1, 2) }, { x: Float32Array.of(1, 2, 3, 4) });
    expect([...(found.y as Float32Array)]).toEqual([3, 4, 1, 2, 3, 4, 1, 2]);
  });
});

describe('gradient', () => {
  it('goes through what it is also wanted for', async () => {
    const x = input('x', [3]);
    const y = mul(x, x);
    const [dy, dx] = gradient(add(sum(mul(y, y)), sum(x)), [y, x]) as [Tensor, Tensor];
    const found = await runOnce(engine, { dy, dx }, { x: Float32Array.of(1, 2, 3) });
    expect([...(found.dy as Float32Array)]).toEqual([2, 8, 18]);
    expect([...(found.dx as Float32Array)]).toEqual([5, 33, 109]);
  });

  it('is of one value, whatever its shape', async () => {
    const x = input('x', [1, 2]);
    const [dx] = gradient(matmul(x, transpose(x)), [x]) as [Tensor];
    const found = await runOnce(engine, { dx }, { x: Float32Array.of(3, 4) });
    expect([...(found.dx as Float32Array)]).toEqual([6, 8]);
  });

  it('adds up what reaches a value on several ways', async () => {
    const x = input('x', [2]);
    const [dx] = gradient(sum(add(mul(x, x), scale(x, 3))), [x]) as [Tensor];
    const found = await runOnce(engine, { dx }, { x: Float32Array.of(1, -2) });
    expect([...(found.dx as Float32Array)]).toEqual([5, -1]);
  });

  it('is that of several inputs at once', async () => {
    const a = input('a', [2]);
    const b = input('b', [2]);
    const [da, db] = gradient(sum(mul(a, b)), [a, b]) as [Tensor, Tensor];
    const found = await runOnce(engine, { da, db }, { a: Float32Array.of(1, 2), b: Float32Array.of(3, 4) });
    expect([...(found.da as Float32Array), ...(found.db as Float32Array)]).toEqual([3, 4, 1, 2]);
  });

  it('is shared among equal maxima, so that a flat picture gets it once', async () => {
    const x = input('x', [1, 1, 4, 4]);
    const [dx] = gradient(sum(maxPool(x, { kernel: 2, stride: 2 })), [x]) as [Tensor];
    const found = await runOnce(engine, { dx }, { x: new Float32Array(16).fill(0.7) });
    expect([...(found.dx as Float32Array)]).toEqual(new Array(16).fill(0.25));
  });

  it('leaves out what the objective does not need', () => {
    const x = input('x', [1, 3, 8, 8]);
    const weight = values(1, [4, 3, 3, 3]);
    const loss = sumSquares(conv2d(x, weight, undefined, { padding: 1 }));
    const [dx] = gradient(loss, [x]) as [Tensor];
    const forwardOnly = memoryOf({ loss });
    const both = memoryOf({ loss, dx });
    expect(forwardOnly.constants).toBeLessThan(both.constants);
    expect(forwardOnly.values).toBeLessThanOrEqual(both.values);
  });

  it('refuses what is no scalar, and what the objective does not depend on', () => {
    const x = input('x', [2]);
    expect(() => gradient(x, [x])).toThrow(/\[2\] is no scalar/);
    expect(() => gradient(sum(x), [input('y', [2])])).toThrow(/does not depend/);
  });

  it('refuses the weights of a convolution, which are frozen', () => {
    const x = input('x', [1, 1, 4, 4]);
    const weight = values(1, [1, 1, 3, 3]);
    const loss = sum(conv2d(x, weight));
    expect(() => gradient(loss, [weight])).toThrow(/Conv has no gradient for its input 1/);
  });
});

describe('shapes are checked when the graph is built: an error names the operation and both shapes', () => {
  const x = input('x', [1, 3, 8, 6]);
  const wrong: Record<string, [() => Tensor, RegExp]> = {
    add: [() => add(x, input('y', [1, 3, 6, 8])), /add: shapes \[1, 3, 8, 6\] and \[1, 3, 6, 8\]/],
    matmul: [() => matmul(input('a', [2, 3]), input('b', [4, 2])), /matmul: shapes \[2, 3\] and \[4, 2\]/],
    'addColumn with a row': [
      () => addColumn(input('a', [2, 3]), input('b', [1, 3])),
      /addColumn: shapes \[2, 3\] and \[1, 3\]/,
    ],
    'mulColumn with a column of another height': [
      () => mulColumn(input('a', [2, 3]), input('b', [3, 1])),
      /mulColumn: shapes \[2, 3\] and \[3, 1\]/,
    ],
    rowSums: [() => rowSums(x), /rowSums: expected 2 dimensions, got the shape \[1, 3, 8, 6\]/],
    conv2d: [() => conv2d(x, values(1, [4, 2, 3, 3])), /conv2d: shapes \[1, 3, 8, 6\] and \[4, 2, 3, 3\]/],
    'conv2d larger than its input': [() => conv2d(x, values(1, [4, 3, 7, 7])), /conv2d: shapes/],
    addToChannels: [() => addToChannels(x, values(1, [2])), /addToChannels: shapes \[1, 3, 8, 6\] and \[2\]/],
    'conv2d in groups that the channels do not make': [
      () => conv2d(x, values(1, [4, 2, 3, 3]), undefined, { groups: 2 }),
      /conv2d: shapes \[1, 3, 8, 6\] and \[4, 2, 3, 3\]/,
    ],
    'conv2d in groups with a stride': [
      () => conv2d(x, values(1, [3, 1, 3, 3]), undefined, { groups: 3, stride: 2 }),
      /conv2d: groups of channels are for stride 1/,
    ],
    bias: [
      () => conv2d(x, values(1, [4, 3, 3, 3]), values(1, [3])),
      /conv2d: shapes \[4, 3, 3, 3\] and \[3\]/,
    ],
    reshape: [() => reshape(x, [1, 3, 7, 7]), /reshape: \[1, 3, 8, 6\] .* \[1, 3, 7, 7\]/],
    slice: [() => slice(x, 2, 4, 9), /slice: \[4, 9\) is no part of axis 2 of \[1, 3, 8, 6\]/],
    mirrorPad: [() => mirrorPad(x, 3, 7), /mirrorPad: axis 3 of \[1, 3, 8, 6\] is too short/],
    gram: [() => gram(input('f', [3, 8])), /gram: expected 4 dimensions, got the shape \[3, 8\]/],
    constant: [() => constant(new Float32Array(5), [2, 3]), /5 values do not fill the shape \[2, 3\]/],
  };
  it.each(Object.entries(wrong))('%s', (_, [build, message]) => {
    expect(build).toThrow(ShapeError);
    expect(build).toThrow(message);
  });
});

describe('serialize', () => {
  it('refuses names that mean two things', () => {
    const x = input('x', [2]);
    expect(() => serialize({ x: scale(x, 2) })).toThrow(/two inputs or outputs are called "x"/);
    expect(() => serialize({ y: add(x, input('x', [2])) })).toThrow(/two inputs or outputs are called "x"/);
    expect(() => serialize({ '#y': scale(x, 2) })).toThrow(/"#y" cannot name/);
  });

  it('tells apart weights that share an array but not a shape', async () => {
    const shared = Float32Array.from(noise(1, 4 * 2 * 9));
    const x = input('x', [1, 2, 4, 4]);
    const y = conv2d(x, constant(shared, [4, 2, 3, 3]), undefined, { padding: 1 });
    const z = conv2d(y, constant(shared, [2, 4, 3, 3]), undefined, { padding: 1 });
    const [dx] = gradient(sum(z), [x]) as [Tensor];
    const found = await runOnce(engine, { dx }, { x: new Float32Array(32) });
    expect((found.dx as Float32Array).length).toBe(32);
  });
});
