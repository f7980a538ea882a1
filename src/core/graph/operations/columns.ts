import { integers, mismatch, operation, rank, type Tensor } from '../tensor.ts';
import { mul } from './arithmetic.ts';

/** A matrix `[m, n]` plus a column `[m, 1]` at each of its places. */
export function addColumn(x: Tensor, column: Tensor): Tensor {
  checkColumn('addColumn', x, column);
  return operation(x.shape, {
    operator: 'Add',
    inputs: [x, column],
    gradient: (dy) => [dy, rowSums(dy)],
  });
}

/** A matrix `[m, n]` whose rows are multiplied by the values of a column `[m, 1]`. */
export function mulColumn(x: Tensor, column: Tensor): Tensor {
  checkColumn('mulColumn', x, column);
  return operation(x.shape, {
    operator: 'Mul',
    inputs: [x, column],
    gradient: (dy) => [mulColumn(dy, column), rowSums(mul(dy, x))],
  });
}

/** A matrix `[m, n]` whose columns are multiplied by the values of a row `[1, n]`, which counts as constant. */
export function mulRow(x: Tensor, row: Tensor): Tensor {
  rank('mulRow', x, 2);
  if (row.shape.join() !== `1,${x.shape[1]}`) throw mismatch('mulRow', x, row);
  return operation(x.shape, {
    operator: 'Mul',
    inputs: [x, row],
    gradient: (dy) => [mulRow(dy, row), undefined],
  });
}

/** The sum of each row of a matrix `[m, n]`: `[m, 1]`. */
export function rowSums(x: Tensor): Tensor {
  rank('rowSums', x, 2);
  return operation([x.shape[0] as number, 1], {
    operator: 'ReduceSum',
    inputs: [x, integers([1])],
    attributes: { keepdims: { int: 1 } },
    gradient: (dy) => [repeated(dy, x.shape[1] as number), undefined],
  });
}

/** A column `[m, 1]` as each of so many columns of a matrix `[m, n]`. */
function repeated(column: Tensor, times: number): Tensor {
  const shape = [column.shape[0] as number, times];
  return operation(shape, {
    operator: 'Expand',
    inputs: [column, integers(shape)],
    gradient: (dy) => [rowSums(dy), undefined],
  });
}

function checkColumn(name: string, x: Tensor, column: Tensor): void {
  rank(name, x, 2);
  rank(name, column, 2);
  if (column.shape[0] !== x.shape[0] || column.shape[1] !== 1) throw mismatch(name, x, column);
}
