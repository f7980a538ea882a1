import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Architecture,
  architectureNamed,
  convolutionsFor,
  loadModel,
  type Picture,
  parameterShapes,
  projectionOf,
  readPicture,
  readSafetensors,
  resample,
  resolveSettings,
  type Settings,
  tapsOf,
  type Weights,
  writeSafetensors,
} from 'velatura';
import { random } from '../src/core/picture/noise.ts';

/*
 * A scene is what all peers compute: a recipe, the weights of its network, and pictures decoded once, in one
 * safetensors file whose metadata holds the recipe.
 */

export const CONTENT = example('townscape');
export const STYLE = example('swirls');

export interface Scene {
  readonly recipe: Settings;
  readonly weights: Weights;
  readonly pictures: Readonly<Record<string, Picture>>;
}

export type Network = 'resnet50' | 'vgg19';

/** Each network's recipe: the default one of ResNet-50; of VGG-19 the paper's taps and edges, with relative losses. */
export function recipeOf(network: Network, size: number): { architecture: Architecture; recipe: Settings } {
  const architecture = architectureNamed(network);
  if (network === 'resnet50') return { architecture, recipe: resolveSettings({ size }, architecture) };
  const contentTaps = { block5_conv2: 1 };
  const recipe = resolveSettings({ size, contentTaps, pooling: 'max', margin: 0, soft: false }, architecture);
  return { architecture, recipe };
}

/** Two of the example pictures. */
export async function pairScene(network: Network, width: number, height: number) {
  const { architecture, recipe } = recipeOf(network, Math.max(width, height));
  const pictures = {
    content: resample(await readPicture(CONTENT), width, height),
    style: resample(await readPicture(STYLE), width, height),
  };
  return { recipe, weights: await weightsOf(architecture, recipe), pictures };
}

/** The same with a change to the first, in whose place every peer evaluates the objective. */
export async function stepScene(network: Network, width: number, height: number): Promise<Scene> {
  const scene = await pairScene(network, width, height);
  const change = { width, height, data: noise(3 * width * height, 0.1) };
  return { ...scene, pictures: { ...scene.pictures, change } };
}

/** ResNet-50's own weights; noise scaled after He et al. (2015) for networks that cannot be had everywhere. */
export async function weightsOf(architecture: Architecture, recipe: Settings): Promise<Weights> {
  const needed = convolutionsFor(architecture, tapsOf(recipe));
  if (architecture.name === 'resnet50') {
    return (await loadModel(architecture.name, { needed: () => needed })).weights;
  }
  const shapes = [...parameterShapes(architecture)];
  return new Map(
    shapes
      .filter(([name]) => needed.includes(name.slice(0, name.lastIndexOf('.'))))
      .map(([name, shape]) => {
        const length = shape.reduce((a, b) => a * b, 1);
        const scale = shape.length === 1 ? 0 : Math.sqrt((6 * (shape[0] as number)) / length);
        return [name, { shape, data: noise(length, scale) }];
      }),
  );
}

export async function writeScene(file: string, { recipe, weights, pictures }: Scene): Promise<string> {
  const planes = Object.entries(pictures).map(
    ([name, { width, height, data }]) => [name, { shape: [3, height, width], data }] as const,
  );
  await writeFile(
    file,
    writeSafetensors(new Map([...weights, ...projections(recipe), ...planes]), {
      recipe: JSON.stringify(recipe),
    }),
  );
  return file;
}

/** The projections of the recipe's style taps, as `256.projection` for maps of 256 channels: kernels in groups. */
function projections({ network, styleTaps, projection }: Settings) {
  const taps = architectureNamed(network).taps.filter(({ name }) => name in styleTaps);
  return [...new Set(taps.map(({ channels }) => channels))].flatMap((channels) => {
    const found = projectionOf(channels, projection);
    if (!found) return [];
    const { kernels, kept, mixed } = found;
    return [[`${channels}.projection`, { shape: [kept, mixed], data: kernels }] as const];
  });
}

export async function readScene(file: string): Promise<Scene> {
  const { weights: arrays, metadata } = readSafetensors(await readFile(file));
  const pictures = [...arrays].filter(([name]) => !/\.(weight|bias|projection)$/.test(name));
  return {
    recipe: JSON.parse(metadata.recipe as string) as Settings,
    weights: new Map([...arrays].filter(([name]) => /\.(weight|bias)$/.test(name))),
    pictures: Object.fromEntries(
      pictures.map(([name, { shape, data }]) => {
        const [, height, width] = shape as [number, number, number];
        return [name, { width, height, data }];
      }),
    ),
  };
}

/** Even noise in `[-scale, scale)`, the same in every run. */
export function noise(length: number, scale: number): Float32Array {
  const next = random(1);
  return Float32Array.from({ length }, () => (next() * 2 - 1) * scale);
}

function example(name: string): string {
  return join(fileURLToPath(new URL('../examples/pictures/', import.meta.url)), `${name}.jpg`);
}
