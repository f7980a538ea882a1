/**
 * Has ONNX Runtime send nothing to its makers, and leave no files for that in the person's home and among temporary files. It reads
 * the environment of the process when it is loaded: a thread other than the first has only a copy of that, and whoever makes an
 * engine there has to say so before the program starts. What the person has said stays.
 */
export function turnTelemetryOff(): void {
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
}
