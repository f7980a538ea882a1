export { type Checkpoint, type EngineMark, type NetworkMark, takeCheckpoint } from './checkpoint.ts';
export { decodeCheckpoint } from './decode.ts';
export { encodeCheckpoint } from './encode.ts';
export {
  checkNoOtherFile,
  readCheckpoint,
  removeCheckpoint,
  removeLeftovers,
  rescuePainting,
  writeCheckpoint,
} from './file.ts';
export type { Rescued } from './rescue.ts';
export { prepareResume, type ResumeOptions } from './resume.ts';
