import * as tf from '@tensorflow/tfjs-core';
import { projectionOf } from '../../src/core/losses/projection.ts';
import type { TapWeights } from '../../src/core/objective/objective.ts';
import type { Settings } from '../../src/core/paint/settings.ts';
import type { Weights } from '../../src/core/weights/weights.ts';

/* The recipe in TensorFlow.js: maps are `[1, H, W, C]`, and kernels `[h, w, in, out]`. */

type Maps = tf.Tensor4D;
type Losses = Record<'content' | 'style' | 'tv' | 'total', tf.Scalar>;

/** The losses of `start` plus a change, where `start` is the content. */
export function tensorflowObjective(
  recipe: Settings,
  weights: Weights,
  content: Maps,
  style: Maps,
): (change: Maps) => Losses {
  const { contentTaps, styleTaps, margin, soft } = recipe;
  const kernels = new Map(
    [...weights].map(([name, { shape, data }]) => {
      const array = tf.tensor(data, [...shape]);
      return [name, shape.length === 4 ? tf.tidy(() => tf.transpose(array, [2, 3, 1, 0])) : array];
    }),
  );
  const convolve: Convolve = (x, name, stride = 1) => {
    const kernel = kernels.get(`${name}.weight`) as tf.Tensor4D;
    const padding = Math.floor(kernel.shape[0] / 2);
    const padded = stride > 1 && padding > 0 ? pad(x, padding) : x;
    const mode = stride > 1 ? 'valid' : 'same';
    return tf.add(tf.conv2d(padded, kernel, stride, mode), kernels.get(`${name}.bias`) as tf.Tensor);
  };
  const wanted = new Set([...Object.keys(contentTaps), ...Object.keys(styleTaps)]);
  const network = recipe.network === 'vgg19' ? vgg(weights) : resnet50;
  const means = tf.tensor1d([103.939, 116.779, 123.68]);

  function features(picture: Maps): Map<string, Maps> {
    const seen = mirror(picture, margin);
    const maps = network(tf.sub(tf.mul(tf.reverse4d(seen, 3), 255), means), convolve, wanted);
    return new Map(
      [...maps].map(([tap, x]) => {
        const stride = 2 ** Math.round(Math.log2(seen.shape[1] / x.shape[1]));
        const m = Math.floor(margin / stride);
        const [, height, width, channels] = x.shape;
        return [tap, m ? tf.slice4d(x, [0, m, m, 0], [1, height - 2 * m, width - 2 * m, channels]) : x];
      }),
    );
  }

  const projections = new Map<number, tf.Tensor3D>();
  function styleGram(maps: Map<string, Maps>, tap: string): tf.Tensor2D {
    const x = maps.get(tap) as Maps;
    const [, height, width, channels] = x.shape;
    const projection = projectionOf(channels, recipe.projection);
    if (!projection) return gram(x);
    const { kernels, kept, mixed, groups } = projection;
    const matrices =
      projections.get(channels) ??
      tf.keep(tf.tidy(() => tf.transpose(tf.tensor3d(kernels, [groups, kept / groups, mixed]), [0, 2, 1])));
    projections.set(channels, matrices);
    // It has no convolution in groups: a product for each group.
    const grouped = tf.transpose(tf.reshape(x, [height * width, groups, mixed]), [1, 0, 2]);
    const projected = tf.transpose(tf.matMul(grouped, matrices), [1, 0, 2]);
    return gram(tf.reshape(projected, [1, height, width, kept]));
  }

  const targets = (() => {
    const contents = features(content);
    const styles = features(style);
    return {
      content: new Map(Object.keys(contentTaps).map((tap) => [tap, contents.get(tap) as Maps])),
      style: new Map(Object.keys(styleTaps).map((tap) => [tap, styleGram(styles, tap)])),
    };
  })();
  const kernel = softKernel();

  return (change) => {
    const picture = tf.add(content, soft ? tf.conv2d(mirror(change, 2), kernel, 1, 'valid') : change);
    const maps = features(picture as Maps);
    const c = mean(contentTaps, (tap) => relative(maps.get(tap) as Maps, targets.content.get(tap) as Maps));
    const s = mean(styleTaps, (tap) => relative(styleGram(maps, tap), targets.style.get(tap) as tf.Tensor2D));
    const tv = tf.add(squaredSteps(picture as Maps, 1), squaredSteps(picture as Maps, 2)) as tf.Scalar;
    const weighted = tf.add(tf.mul(c, recipe.contentWeight), tf.mul(s, recipe.styleWeight));
    return { content: c, style: s, tv, total: tf.add(weighted, tf.mul(tv, recipe.tvWeight)) };
  };
}

type Convolve = (x: Maps, name: string, stride?: number) => Maps;
type Build = (x: Maps, convolve: Convolve, wanted: ReadonlySet<string>) => Map<string, Maps>;

function vgg(weights: Weights): Build {
  const names = [...weights.keys()]
    .filter((name) => name.endsWith('.weight'))
    .map((name) => name.slice(0, -7));
  return (x, convolve, wanted) => {
    const found = new Map<string, Maps>();
    let block = '1';
    for (const name of names) {
      if (found.size === wanted.size) break;
      if (name[5] !== block) x = tf.maxPool(x, 2, 2, 'valid');
      block = name[5] as string;
      x = tf.relu(convolve(x, name));
      if (wanted.has(name)) found.set(name, x);
    }
    return found;
  };
}

const resnet50: Build = (x, convolve, wanted) => {
  const found = new Map<string, Maps>();
  const keep = (name: string) => void (wanted.has(name) && found.set(name, x));
  x = tf.relu(convolve(x, 'conv1', 2));
  keep('conv1');
  // After a ReLU zeros around the maps are as good as nothing.
  x = tf.maxPool(pad(x, 1), 3, 2, 'valid');
  for (const [stage, letters] of Object.entries({ 2: 'abc', 3: 'abcd', 4: 'abcdef', 5: 'abc' })) {
    for (const letter of letters) {
      if (found.size === wanted.size) return found;
      const block = stage + letter;
      const stride = letter === 'a' && stage !== '2' ? 2 : 1;
      let y = tf.relu(convolve(x, `${block}_branch2a`, stride));
      y = tf.relu(convolve(y, `${block}_branch2b`));
      y = convolve(y, `${block}_branch2c`);
      x = tf.relu(tf.add(y, letter === 'a' ? convolve(x, `${block}_branch1`, stride) : x));
      keep(block);
    }
  }
  return found;
};

function pad(x: Maps, by: number): Maps {
  return tf.pad4d(x, [
    [0, 0],
    [by, by],
    [by, by],
    [0, 0],
  ]);
}

/** `tf.mirrorPad` has no gradient. */
function mirror(x: Maps, margin: number): Maps {
  if (margin === 0) return x;
  for (const axis of [1, 2]) {
    const size = x.shape[axis] as number;
    const part = (from: number) => tf.reverse(tf.slice(x, at(axis, from), lengths(x, axis, margin)), axis);
    x = tf.concat([part(0), x, part(size - margin)], axis);
  }
  return x;
}

function at(axis: number, place: number): number[] {
  return [0, 0, 0, 0].with(axis, place);
}

function lengths(x: Maps, axis: number, length: number): number[] {
  return [...x.shape].with(axis, length);
}

function gram(x: Maps): tf.Tensor2D {
  const channels = x.shape[3];
  const f = tf.reshape(x, [-1, channels]) as tf.Tensor2D;
  return tf.div(tf.matMul(f, f, true), f.shape[0]);
}

function relative(x: tf.Tensor, target: tf.Tensor): tf.Scalar {
  return tf.div(tf.sum(tf.square(tf.sub(x, target))), tf.sum(tf.square(target)));
}

function squaredSteps(x: Maps, axis: 1 | 2): tf.Scalar {
  const size = lengths(x, axis, x.shape[axis] - 1);
  const steps = tf.sub(tf.slice(x, at(axis, 1), size), tf.slice(x, at(axis, 0), size));
  return tf.div(tf.sum(tf.square(steps)), steps.size);
}

function mean(taps: TapWeights, loss: (tap: string) => tf.Scalar): tf.Scalar {
  const entries = Object.entries(taps);
  const sum = entries.reduce((total, [, weight]) => total + weight, 0);
  return entries
    .map(([tap, weight]) => tf.mul(loss(tap), weight / sum) as tf.Scalar)
    .reduce((a, b) => tf.add(a, b));
}

/** Leaves brightness, the mean of the channels, and blurs colour, what each channel departs from it. */
function softKernel(): tf.Tensor4D {
  const row = tf.tensor1d([1, 4, 6, 4, 1].map((x) => x / 16));
  const blur = tf.reshape(tf.outerProduct(row, row), [5, 5, 1, 1]);
  const sharp = tf.pad(tf.ones([1, 1, 1, 1]), [
    [2, 2],
    [2, 2],
    [0, 0],
    [0, 0],
  ]);
  const own = tf.reshape(tf.tensor2d([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3]), [1, 1, 3, 3]);
  return tf.add(tf.mul(blur, own), tf.div(tf.sub(sharp, blur), 3)) as tf.Tensor4D;
}
