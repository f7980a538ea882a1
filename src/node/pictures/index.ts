export { animationSize, encodeAnimation, encodeFrame, type Frame } from './animation.ts';
export { convertPicture, thumbnail } from './convert.ts';
export { checkFits, type EncodeOptions, encodePicture, formatOf, type PictureFormat } from './encode.ts';
export { type FoundPictures, findPictures, isPattern, type UnreadableFolder } from './find.ts';
export { type ReadOptions, readPicture, sizeOfPicture } from './read.ts';
export { type FoundRecord, type PaintingRecord, readRecord, readSettings } from './record.ts';
export { localPath, type PictureSource } from './source.ts';
export { checkOutput, checkWritable, placeOfFile, writeBytes, writePicture } from './write.ts';
