import type { Operation, Producer, Tensor } from './tensor.ts';

/** What a graph consists of. */
export interface Parts {
  readonly operations: readonly Operation[];
  readonly constants: readonly Tensor[];
  readonly inputs: readonly Tensor[];
  /** A name for each tensor that is unique in the graph; all but those of inputs begin with `#`. */
  readonly nameOf: (x: Tensor) => string;
}

/** Everything that the tensors are made of, the operations in an order in which they can run. */
export function collect(wanted: readonly Tensor[]): Parts {
  const operations: Operation[] = [];
  const constants: Tensor[] = [];
  const inputs: Tensor[] = [];
  const names = new Map<Producer, string>();

  const visit = (tensor: Tensor): void => {
    const { producer } = tensor;
    if (names.has(producer)) return;
    if (producer.kind === 'input') {
      names.set(producer, producer.name);
      inputs.push(tensor);
    } else if (producer.kind === 'constant') {
      names.set(producer, `#constant${constants.length}`);
      constants.push(tensor);
    } else {
      producer.inputs.forEach(visit);
      names.set(producer, `#${producer.operator}${operations.length}`);
      operations.push(producer);
    }
  };
  wanted.forEach(visit);

  const nameOf = ({ producer, output }: Tensor) => {
    const name = names.get(producer) as string;
    return output === 0 ? name : `${name}.${output}`;
  };
  return { operations, constants, inputs, nameOf };
}
