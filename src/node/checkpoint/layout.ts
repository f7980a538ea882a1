import * as z from 'zod';
import type { Guide } from '../../core/paint/index.ts';
import { fit } from '../../core/paint/pyramid.ts';
import { type Settings, settingsSchema } from '../../core/paint/settings.ts';
import type { LargePicture } from '../../core/picture/picture.ts';
import type { Plane } from '../../core/picture/regions.ts';
import { type Floats, loaded } from '../../core/store.ts';
import type { MemoryPlan } from '../feasible.ts';
import type { Checkpoint } from './checkpoint.ts';

/*
 * How a checkpoint lies in a safetensors file. First the painting as it stands, with a hash of its own: any reader of
 * safetensors can show it, and it can be saved whatever became of the rest. Then all other arrays. What is no array is
 * JSON in the metadata.
 */

/** The metadata's `format`. */
export const FORMAT = 'velatura checkpoint';
/** Counted up when other programs cannot go on from what this one writes: also where the same arrays mean something else. */
export const FORMAT_VERSION = '7';
/** Where the hashes will stand in the metadata, until they are known. */
export const NO_HASH = '0'.repeat(64);

/** An array of a checkpoint. Those as large as the painting may be in a store. */
export interface SavedArray {
  readonly shape: readonly number[];
  readonly data: Floats;
}
export type SavedArrays = ReadonlyMap<string, SavedArray>;

export const PAINTING = 'painting';
export const PAINTING_ALPHA = 'painting alpha';

/** JSON has no numbers that are not finite, and no negative zero. */
const number = z.union([
  z.number(),
  z.literal(['NaN', 'Infinity', '-Infinity', '-0']).transform((word) => Number(word)),
]);

function plain(value: number): number | string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? value : String(value);
}

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);

/** What is painted where, but for the planes. */
const guideSchema = z.object({
  regions: z
    .array(
      z.object({
        part: z.number(),
        sources: z.array(z.object({ style: count, part: z.number(), masked: z.boolean() })),
      }),
    )
    .min(1),
  masked: z.boolean(),
});

const cuttingSchema = z.object({
  cuts: z.array(count),
  counts: z.array(z.object({ columns: z.int().min(1), rows: z.int().min(1) })).min(1),
});
const memorySchema = z.object({
  budget: z.number(),
  foretold: z.number(),
  scales: z.array(
    z.object({
      cutting: cuttingSchema.optional(),
      // JSON has no gaps in arrays: a style in one piece is null.
      styles: z.array(cuttingSchema.nullable().transform((cutting) => cutting ?? undefined)),
      history: count,
      stored: z.enum(['pictures', 'all']).optional(),
      bytes: z.number(),
    }),
  ),
}) as z.ZodType<MemoryPlan>;

/** All of a checkpoint but its arrays. */
export const factsSchema = z.object({
  program: z.string(),
  settings: settingsSchema as z.ZodType<Settings>,
  network: z.object({ name: z.string(), sha256, file: z.string().optional() }),
  engine: z.object({
    name: z.string(),
    machine: z.string(),
    choice: z.enum(['cpu', 'webgpu', 'auto']).optional(),
    threads: z.int().min(1).optional(),
  }),
  styles: z.int().min(1),
  guide: guideSchema.optional(),
  memory: memorySchema,
  /** The painting's in the end. */
  size: z.object({ width: z.int().min(1), height: z.int().min(1) }),
  state: z.object({
    level: count,
    step: count,
    seconds: z.number().min(0),
    loss: z.object({ content: number, style: number, tv: number, total: number }),
    optimizer: z.record(z.string(), z.union([number, z.array(number)])).optional(),
  }),
  // JSON leaves out what is undefined.
  notes: z.unknown().optional(),
});

export type Facts = z.infer<typeof factsSchema>;

export function factsOf(checkpoint: Checkpoint): object {
  const { program, settings, network, engine, content, styles, guide, memory, state, notes } = checkpoint;
  const { level, step, seconds, loss, optimizer } = state;
  const values = Object.entries(optimizer?.values ?? {}).map(([name, value]) => [
    name,
    typeof value === 'number' ? plain(value) : value.map(plain),
  ]);
  return {
    program,
    settings,
    network,
    engine,
    styles: styles.length,
    guide: guide && guideFacts(guide),
    memory,
    size: fit(content, settings.size),
    state: {
      level,
      step,
      seconds,
      loss: Object.fromEntries(Object.entries(loss).map(([name, value]) => [name, plain(value)])),
      optimizer: optimizer && Object.fromEntries(values),
    },
    notes,
  };
}

/** The arrays of the painting as it stands. */
export function paintingArrays({ painting }: Checkpoint): Map<string, SavedArray> {
  return pictureArrays(PAINTING, painting);
}

/** All other arrays. */
export function otherArrays({ content, styles, start, guide, state, painting }: Checkpoint): SavedArrays {
  const { height, width } = painting;
  const picture = (data: Floats) => ({ shape: [3, height, width], data });
  return new Map([
    ...pictureArrays('content', content),
    ...styles.flatMap((style, i) => [...pictureArrays(`style ${i}`, style)]),
    ...(start ? pictureArrays('start', start) : []),
    ...(guide ? guideArrays(guide) : []),
    [SCALE_START, picture(state.start)],
    [SCALE_BEST, picture(state.picture)],
    ...Object.entries(state.optimizer?.arrays ?? {}).map(([name, data]): [string, SavedArray] => [
      `${OPTIMIZER}${name}`,
      { shape: [data.length], data },
    ]),
  ]);
}

export const SCALE_START = 'scale start';
export const SCALE_BEST = 'scale best';
/** What the names of the optimiser's arrays begin with. */
export const OPTIMIZER = 'optimizer ';

/** Whether an array is one of those that lie in a store where the scale is painted from one. */
export function isLarge(name: string): boolean {
  return [PAINTING, SCALE_START, SCALE_BEST].includes(name) || name.startsWith(OPTIMIZER);
}

function pictureArrays(name: string, { width, height, data, alpha }: LargePicture): Map<string, SavedArray> {
  const arrays = new Map<string, SavedArray>([[name, { shape: [3, height, width], data }]]);
  if (alpha) arrays.set(`${name} alpha`, { shape: [height, width], data: alpha });
  return arrays;
}

/**
 * The picture of that name among the arrays.
 * @returns nothing if there is none, or its shape is none of a picture
 */
export function pictureIn(arrays: SavedArrays, name: string): LargePicture | undefined {
  const colours = arrays.get(name);
  const alpha = arrays.get(`${name} alpha`);
  if (colours?.shape.length !== 3 || colours.shape[0] !== 3) return undefined;
  const [, height, width] = colours.shape as [number, number, number];
  if (width < 1 || height < 1) return undefined;
  if (!alpha) return { width, height, data: colours.data };
  if (alpha.shape.join() !== [height, width].join()) return undefined;
  return { width, height, data: colours.data, alpha: loaded(alpha.data) };
}

function guideFacts({ regions, painted }: Guide): z.infer<typeof guideSchema> {
  return {
    regions: regions.map(({ part, sources }) => ({
      part,
      sources: sources.map(({ style, part, plane }) => ({ style, part, masked: plane !== undefined })),
    })),
    masked: painted !== undefined,
  };
}

const PAINTED = 'painted';
const regionName = (region: number) => `region ${region}`;
const sourceName = (region: number, source: number) => `region ${region} source ${source}`;

function guideArrays({ regions, painted }: Guide): [string, SavedArray][] {
  const array = (name: string, { width, height, data }: Plane): [string, SavedArray] => [
    name,
    { shape: [height, width], data },
  ];
  return [
    ...regions.map(({ plane }, i) => array(regionName(i), plane)),
    ...regions.flatMap(({ sources }, i) =>
      sources.flatMap(({ plane }, k) => (plane ? [array(sourceName(i, k), plane)] : [])),
    ),
    ...(painted ? [array(PAINTED, painted)] : []),
  ];
}

/**
 * What is painted where.
 * @returns nothing where a plane is missing
 */
export function guideIn(
  arrays: SavedArrays,
  { regions, masked }: z.infer<typeof guideSchema>,
): Guide | undefined {
  const planes = new Map<string, Plane>();
  const has = (name: string): boolean => {
    const { shape, data } = arrays.get(name) ?? {};
    if (shape?.length !== 2 || !data) return false;
    const [height, width] = shape as [number, number];
    planes.set(name, { width, height, data: loaded(data) });
    return true;
  };
  const complete =
    regions.every(
      ({ sources }, i) =>
        has(regionName(i)) && sources.every(({ masked }, k) => !masked || has(sourceName(i, k))),
    ) &&
    (!masked || has(PAINTED));
  if (!complete) return undefined;
  const painted = planes.get(PAINTED);
  return {
    regions: regions.map(({ part, sources }, i) => ({
      plane: planes.get(regionName(i)) as Plane,
      part,
      sources: sources.map(({ style, part }, k) => {
        const plane = planes.get(sourceName(i, k));
        return { style, part, ...(plane && { plane }) };
      }),
    })),
    ...(painted && { painted }),
  };
}
