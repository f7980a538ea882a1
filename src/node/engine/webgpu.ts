import type { InferenceSession } from 'onnxruntime-node';
import { PbfReader } from 'pbf';

/** ONNX Runtime's WebGPU provider, set up for a model. */
export function webgpu(model: Uint8Array): InferenceSession.WebGpuExecutionProviderOption {
  const forceCpuNodeNames = brokenNodes(model);
  // An empty list is refused.
  return { name: 'webgpu', ...(forceCpuNodeNames.length > 0 && { forceCpuNodeNames }) };
}

/**
 * The names of the nodes that the provider takes although it fails when they run: max pooling that says where it found
 * the maxima ("The Indices output is not supported yet"). The processor must do them. The numbers of the fields are those
 * of onnx.proto.
 */
function brokenNodes(model: Uint8Array): string[] {
  const names: string[] = [];
  const readModel = (tag: number, _: unknown, pbf: PbfReader) => {
    if (tag === 7) pbf.readMessage(readGraph, undefined);
  };
  const readGraph = (tag: number, _: unknown, pbf: PbfReader) => {
    if (tag !== 1) return;
    const node = pbf.readMessage(readNode, { name: '', operator: '', outputs: 0 });
    if (node.operator === 'MaxPool' && node.outputs > 1) names.push(node.name);
  };
  new PbfReader(model).readFields(readModel, undefined);
  return names;
}

interface Node {
  name: string;
  operator: string;
  outputs: number;
}

/** NodeProto */
function readNode(tag: number, node: Node, pbf: PbfReader): void {
  if (tag === 2) node.outputs++;
  else if (tag === 3) node.name = pbf.readString();
  else if (tag === 4) node.operator = pbf.readString();
}
