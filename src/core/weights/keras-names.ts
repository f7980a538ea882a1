/** What Keras 1 called the arrays. Its `running_std` held variances. */
const oldNames: ReadonlyMap<string, string> = new Map([
  ['W', 'kernel'],
  ['b', 'bias'],
  ['running_mean', 'moving_mean'],
  ['running_std', 'moving_variance'],
]);

/** How TensorFlow's graphs name what feeds a convolution; the `_` ones are from the converter's batch norm folding. */
const graphNames: readonly (readonly [RegExp, string])[] = [
  [/\/Conv2D\/ReadVariableOp(\/resource)?$/, '/kernel'],
  [/\/BiasAdd\/ReadVariableOp(\/resource)?$/, '/bias'],
  [/\/Conv2D_weights$/, '/folded_kernel'],
  [/\/Conv2D_bn_offset$/, '/folded_bias'],
];

/**
 * The one name, `<layer>/<array>`, of an array that Keras' and TensorFlow's files name in many ways:
 *
 * | in the file | here |
 * |---|---|
 * | `block1_conv1/block1_conv1_W_1:0` | `block1_conv1/kernel` |
 * | `block1_conv1/kernel:0`, `block1_conv1/block1_conv1/kernel:0`, `vgg19/block1_conv1/kernel` | `block1_conv1/kernel` |
 * | `block1_conv1/block1_conv1_3/kernel:0` (built a third time) | `block1_conv1/kernel` |
 * | `bn_conv1/bn_conv1_running_std:0` | `bn_conv1/moving_variance` |
 * | `StatefulPartitionedCall/vgg19/block1_conv1/Conv2D/ReadVariableOp` | `block1_conv1/kernel` |
 */
export function kerasName(path: string): string {
  const graph = graphNames.find(([pattern]) => pattern.test(path));
  const parts = (graph ? path.replace(graph[0], graph[1]) : path).split('/').filter((part) => part !== '');
  const last = (parts.pop() ?? '').replace(/:\d+$/, '');
  const [first, parent] = [parts[0], parts.at(-1)];
  if (first === undefined || parent === undefined) return last;
  const layer = parent.startsWith(`${first}_`) && /^_\d+$/.test(parent.slice(first.length)) ? first : parent;
  const array = (last.startsWith(`${layer}_`) ? last.slice(layer.length + 1) : last).replace(/_\d+$/, '');
  return `${layer}/${oldNames.get(array) ?? array}`;
}
