import { collect } from './collect.ts';
import type { Outputs } from './onnx.ts';
import { elements, type Operation, type Shape, type Tensor } from './tensor.ts';

const BYTES = { float32: 4, int64: 8, bool: 1 } as const;

export interface Memory {
  /** Weights and other constants. */
  readonly constants: number;
  /** The most that the values between the operations take at one time, when each goes after its last use. */
  readonly values: number;
  /** The most that those of them take at one time whose shapes the engine learns only as it runs, see `openIntegers`. */
  readonly open: number;
}

/** The bytes that a run of the graph needs, by following which values are alive at each operation. */
export function memoryOf(outputs: Outputs): Memory {
  const kept = Object.values(outputs);
  const { operations, constants, inputs, nameOf } = collect(kept);
  const lastUse = new Map<string, number>();
  operations.forEach(({ inputs: used }, i) => {
    for (const tensor of used) lastUse.set(nameOf(tensor), i);
  });
  for (const tensor of kept) lastUse.set(nameOf(tensor), operations.length);

  let alive = inputs.reduce((sum, tensor) => sum + bytes(tensor), 0);
  let aliveOpen = 0;
  let [values, open] = [alive, 0];
  const sizes = new Map<string, number>();
  const opened = new Set<string>();
  operations.forEach((operation, i) => {
    const isOpen = opensShape(operation) ?? operation.inputs.some((tensor) => opened.has(nameOf(tensor)));
    for (const tensor of operation.results) {
      sizes.set(nameOf(tensor), bytes(tensor));
      alive += bytes(tensor);
      if (!isOpen) continue;
      opened.add(nameOf(tensor));
      aliveOpen += bytes(tensor);
    }
    values = Math.max(values, alive);
    open = Math.max(open, aliveOpen);
    for (const name of new Set([...operation.inputs, ...operation.results].map(nameOf))) {
      if ((lastUse.get(name) ?? i) > i) continue;
      const gone = sizes.get(name) ?? 0;
      alive -= gone;
      if (opened.delete(name)) aliveOpen -= gone;
      sizes.delete(name);
    }
  });
  return { constants: constants.reduce((sum, tensor) => sum + bytes(tensor), 0), values, open };
}

/** Whether it gives a shape that is not known before a run, or one that is; nothing where that is as its inputs' shapes are. */
function opensShape({ operator, inputs }: Operation): boolean | undefined {
  if (operator !== 'Reshape') return undefined;
  const producer = inputs[1]?.producer;
  return producer?.kind === 'constant' && !producer.foldable;
}

/** How many multiplications take as long as it takes to write a value to memory and read it again, as measured. */
const OF_VALUE = 50;

/** How long a run of the graph takes, in multiplications that take as long: its arithmetic, and moving its values. */
export function effortOf(outputs: Outputs): number {
  const { operations } = collect(Object.values(outputs));
  return operations.reduce((sum, { operator, inputs, results }) => {
    if (operator === 'Reshape') return sum;
    const moved = results.reduce((values, { shape }) => values + elements(shape), 0);
    return sum + OF_VALUE * moved + multiplications(operator, inputs, results);
  }, 0);
}

/** Those of convolutions and of products of matrices, which have nearly all. */
function multiplications(operator: string, inputs: readonly Tensor[], results: readonly Tensor[]): number {
  const out = elements((results[0] as Tensor).shape);
  const [a, b] = inputs.map(({ shape }) => shape) as [Shape, Shape];
  if (operator === 'Conv') return out * elements(b.slice(1));
  // The left factor of a product has as many columns as it has terms.
  return operator === 'MatMul' || operator === 'Gemm' ? out * (a.at(-1) as number) : 0;
}

function bytes(tensor: Tensor): number {
  return elements(tensor.shape) * BYTES[tensor.type];
}
