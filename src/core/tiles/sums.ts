import { add, gradient, input, type Outputs, scalar, type Tensor } from '../graph/index.ts';
import { type Statistics, styleLosses } from '../losses/index.ts';
import { tapNamed } from '../networks/index.ts';
import { styleTarget } from '../objective/objective.ts';
import { styleTerms, targetInputs } from '../objective/style.ts';
import { adjoint, moment, styleView, type TileOptions } from './graphs.ts';

/*
 * What is made of the sums of all tiles.
 */

/** The shapes of tensors, by name. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/**
 * From the moments of the whole picture, and what was kept of the styles, to the `style` loss, as the objective has it, and its
 * gradient by each of the moments (`gradient by <moment>`).
 * @param shapes of the moments
 */
export function styleGraph(shapes: Shapes, options: TileOptions): Outputs {
  const loss = styleLosses[options.styleLoss];
  const moments = inputs(shapes);
  const terms = styleTerms(options, (tap, region) => {
    const own = named(moments, moment(tap, '', region));
    if (Object.keys(own).length === 0) return undefined;
    return { moments: own, target: targetInputs(loss, onePosition(tap, options), tap, region) };
  });
  // Where no tap is left to compare, the loss is still an output.
  if (terms.length === 0) return { style: add(scalar(0), scalar(0)) };
  const style = terms.reduce(add);
  const derivatives = gradient(style, [...moments.values()]);
  const byName = [...moments.keys()].map((name, i) => [adjoint(name), derivatives[i] as Tensor] as const);
  return { style, ...Object.fromEntries(byName) };
}

/** The name under which `keptGraph` is given a part of a style's frame. */
export const frame = (name: string) => `frame ${name}`;

/** What is kept of a style, from its frame and from its moments in that, both of the whole picture; named as targets. */
export function keptGraph(framing: Shapes, shapes: Shapes, options: TileOptions): Outputs {
  const moments = inputs(shapes);
  const frames = new Map([...framing].map(([name, shape]) => [name, input(frame(name), shape)]));
  const kept = Object.keys(options.styleTaps).flatMap((tap) => {
    const prefix = moment(tap, '', 0);
    const found = styleLosses[options.styleLoss].kept(named(moments, prefix), named(frames, prefix));
    return Object.entries(found).map(([name, x]) => [styleTarget(tap, name), x] as const);
  });
  return Object.fromEntries(kept);
}

/** A map of one position, as the style sees it: what is kept of it has the shapes of what is kept of any. */
function onePosition(tap: string, options: TileOptions): Tensor {
  const { channels } = tapNamed(options.network.architecture, tap);
  return styleView(input(tap, [1, channels, 1, 1]), tap, 0, options).seen;
}

function inputs(shapes: Shapes): Map<string, Tensor> {
  return new Map([...shapes].map(([name, shape]) => [name, input(name, shape)]));
}

/** Those whose names begin alike, by the rest of their names. */
function named(tensors: ReadonlyMap<string, Tensor>, prefix: string): Statistics {
  const own = [...tensors].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, x]) => [name.slice(prefix.length), x]));
}
