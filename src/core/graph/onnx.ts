import { PbfWriter } from 'pbf';
import { collect, type Parts } from './collect.ts';
import {
  type Attribute,
  type Constant,
  type ElementType,
  type Operation,
  ShapeError,
  type Tensor,
} from './tensor.ts';

/** The outputs of a graph, by name. */
export type Outputs = Readonly<Record<string, Tensor>>;

/** ONNX operator set 20 in IR version 9: what every ONNX Runtime since 1.17 reads. */
const OPERATOR_SET = 20;
const IR_VERSION = 9;

/** TensorProto.DataType */
const DATA_TYPES: Readonly<Record<ElementType, number>> = { float32: 1, int64: 7, bool: 9 };

/**
 * Writes the operations that the outputs need as an ONNX model. The inputs of the model are the `input` tensors
 * among them. The numbers of the fields below are those of onnx.proto.
 *
 * @returns the bytes of a ModelProto, weights included
 * @throws ShapeError when two inputs or outputs have the same name, or one has none
 */
export function serialize(outputs: Outputs): Uint8Array {
  const parts = collect(Object.values(outputs));
  checkNames([...parts.inputs.map(parts.nameOf), ...Object.keys(outputs)]);
  // Room for all of it at once: a buffer that grows leaves half its size behind at every turn.
  const pbf = new PbfWriter(new Uint8Array(ROOM_FOR_NODES + constantBytes(parts.constants)));
  pbf.writeVarintField(1, IR_VERSION);
  pbf.writeStringField(2, 'velatura');
  pbf.writeMessage(7, writeGraph, { ...parts, outputs });
  pbf.writeMessage(8, (version: number, to: PbfWriter) => to.writeVarintField(2, version), OPERATOR_SET);
  return pbf.finish();
}

function checkNames(names: readonly string[]): void {
  for (const [i, name] of names.entries()) {
    if (names.indexOf(name) < i)
      throw new ShapeError(`serialize: two inputs or outputs are called "${name}"`);
    if (name === '' || name.startsWith('#'))
      throw new ShapeError(`serialize: "${name}" cannot name an input or output`);
  }
}

/** More than the nodes of any network take, in bytes. */
const ROOM_FOR_NODES = 1 << 20;

function constantBytes(constants: readonly Tensor[]): number {
  return constants.reduce((sum, { producer }) => sum + (producer as Constant).data.byteLength, 0);
}

/** GraphProto */
function writeGraph(graph: Parts & { readonly outputs: Outputs }, pbf: PbfWriter): void {
  const { operations, constants, inputs, outputs, nameOf } = graph;
  for (const operation of operations) pbf.writeMessage(1, writeNode, { operation, nameOf });
  // An output of the model has a name of its own, since one tensor may be several outputs.
  for (const [name, tensor] of Object.entries(outputs)) {
    pbf.writeMessage(1, writeIdentity, { from: nameOf(tensor), to: name });
  }
  pbf.writeStringField(2, 'velatura');
  for (const tensor of constants) pbf.writeMessage(5, writeConstant, { tensor, name: nameOf(tensor) });
  // A constant that is an input as well could be replaced from outside, so the engine leaves alone what is made of it.
  const open = constants.filter(({ producer }) => !(producer as Constant).foldable);
  for (const tensor of [...inputs, ...open])
    pbf.writeMessage(11, writeValueInfo, { tensor, name: nameOf(tensor) });
  for (const [name, tensor] of Object.entries(outputs))
    pbf.writeMessage(12, writeValueInfo, { tensor, name });
}

/** NodeProto */
function writeNode(node: { operation: Operation; nameOf: Parts['nameOf'] }, pbf: PbfWriter): void {
  const { operation, nameOf } = node;
  for (const tensor of operation.inputs) pbf.writeStringField(1, nameOf(tensor));
  for (const tensor of operation.results) pbf.writeStringField(2, nameOf(tensor));
  pbf.writeStringField(3, nameOf(operation.results[0] as Tensor));
  pbf.writeStringField(4, operation.operator);
  for (const [name, attribute] of Object.entries(operation.attributes)) {
    pbf.writeMessage(5, writeAttribute, { name, attribute });
  }
}

function writeIdentity({ from, to }: { from: string; to: string }, pbf: PbfWriter): void {
  pbf.writeStringField(1, from);
  pbf.writeStringField(2, to);
  pbf.writeStringField(4, 'Identity');
}

/** AttributeProto; field 20 is its type. */
function writeAttribute({ name, attribute }: { name: string; attribute: Attribute }, pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  if ('float' in attribute) {
    pbf.writeFloatField(2, attribute.float);
    pbf.writeVarintField(20, 1);
  } else if ('int' in attribute) {
    pbf.writeVarintField(3, attribute.int);
    pbf.writeVarintField(20, 2);
  } else if ('type' in attribute) {
    pbf.writeVarintField(3, DATA_TYPES[attribute.type]);
    pbf.writeVarintField(20, 2);
  } else if ('string' in attribute) {
    pbf.writeBytesField(4, new TextEncoder().encode(attribute.string));
    pbf.writeVarintField(20, 3);
  } else {
    for (const value of attribute.ints) pbf.writeVarintField(8, value);
    pbf.writeVarintField(20, 7);
  }
}

/** TensorProto, its values as the little-endian bytes that typed arrays hold on every machine in use. */
function writeConstant({ tensor, name }: { tensor: Tensor; name: string }, pbf: PbfWriter): void {
  const { data } = tensor.producer as Constant;
  for (const size of tensor.shape) pbf.writeVarintField(1, size);
  pbf.writeVarintField(2, DATA_TYPES[tensor.type]);
  pbf.writeStringField(8, name);
  pbf.writeBytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** ValueInfoProto > TypeProto > Tensor > TensorShapeProto > Dimension */
function writeValueInfo({ tensor, name }: { tensor: Tensor; name: string }, pbf: PbfWriter): void {
  const dimension = (size: number, to: PbfWriter) => to.writeVarintField(1, size);
  const shape = (_: unknown, to: PbfWriter) => {
    for (const size of tensor.shape) to.writeMessage(1, dimension, size);
  };
  const tensorType = (_: unknown, to: PbfWriter) => {
    to.writeVarintField(1, DATA_TYPES[tensor.type]);
    to.writeMessage(2, shape, undefined);
  };
  pbf.writeStringField(1, name);
  pbf.writeMessage(2, (_: unknown, to: PbfWriter) => to.writeMessage(1, tensorType, undefined), undefined);
}
