import { addInBlocks } from './operations/blocks.ts';
import { constant, elements, type Operation, ShapeError, show, type Tensor } from './tensor.ts';

/**
 * Builds the graph of the gradient of a scalar with respect to some of the tensors it was made from, by reverse-mode
 * differentiation: the operations between them are visited from last to first, and each one's rule passes the
 * gradient of its output on to its inputs; for an input given twice, a rule may give the whole at the first place.
 * Branches that do not lead to what is asked for are left alone.
 *
 * @param y a tensor of one value
 * @returns for each of `wrt`, a tensor of its shape: of one that others of `wrt` are made from, with what goes through them
 * @throws ShapeError when `y` has more than one value, does not depend on one of `wrt`, or passes through an operation that
 *   has no rule for the way
 */
export function gradient(y: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (elements(y.shape) !== 1) throw new ShapeError(`gradient: ${show(y.shape)} is no scalar`);
  const way = operationsBetween(wrt, y);
  const sums = new Map<Tensor, Tensor>([[y, constant(Float32Array.of(1), y.shape)]]);

  for (const { tensor, operation, leads } of way.toReversed()) {
    const dy = sums.get(tensor);
    if (!dy) continue;
    const parts = operation.gradient(dy, tensor);
    operation.inputs.forEach((from, i) => {
      if (!leads[i]) return;
      const part = parts[i];
      if (!part && operation.inputs.indexOf(from) < i) return; // the first place stands for both
      if (!part) throw new ShapeError(`gradient: ${operation.operator} has no gradient for its input ${i}`);
      const sum = sums.get(from);
      sums.set(from, sum ? addInBlocks(sum, part) : part);
    });
  }
  return wrt.map((x) => {
    const dx = sums.get(x);
    if (!dx) throw new ShapeError('gradient: the objective does not depend on what it is differentiated by');
    return dx;
  });
}

interface Visit {
  readonly tensor: Tensor;
  readonly operation: Operation;
  /** For each input of the operation, whether one of the starting tensors leads to it. */
  readonly leads: readonly boolean[];
}

/** The operations through which `from` reaches `to`, each after those it depends on. */
function operationsBetween(from: readonly Tensor[], to: Tensor): Visit[] {
  const way: Visit[] = [];
  const reached = new Map<Tensor, boolean>();
  const visit = (tensor: Tensor): boolean => {
    const known = reached.get(tensor);
    if (known !== undefined) return known;
    const { producer } = tensor;
    const leads = producer.kind === 'operation' && !producer.frozen ? producer.inputs.map(visit) : [];
    const leadsHere = tensor.type === 'float32' && leads.includes(true);
    if (leadsHere) way.push({ tensor, operation: producer as Operation, leads });
    reached.set(tensor, leadsHere || from.includes(tensor));
    return leadsHere || from.includes(tensor);
  };
  visit(to);
  return way;
}
