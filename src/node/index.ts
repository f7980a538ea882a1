export * from '../core/index.ts';
export { createEngine, type EngineOptions } from './engine/engine.ts';
export { type Painting, type PaintOptions, paint, preparePainting } from './paint.ts';
export * from './pictures/index.ts';
export * from './store/index.ts';
