export * from '../core/index.ts';
export { createEngine, type EngineOptions } from './engine/engine.ts';
