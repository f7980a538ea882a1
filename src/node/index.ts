export * from '../core/index.ts';
export * from './augment/index.ts';
export * from './checkpoint/index.ts';
export { KEEPS_FREED_MEMORY } from './engine/allocator.ts';
export { createEngine, type EngineOptions } from './engine/engine.ts';
export { checkEngineChoice, chooseProvider, type EngineChoice, type Provider } from './engine/provider.ts';
export * from './explain/index.ts';
export type { MemoryPlan } from './feasible.ts';
export { makeFolder, makeNamedFolder } from './folder.ts';
export { type Foreseen, foresee, foreseeTexture } from './foresee.ts';
export { HISTORY_EVERY, historyDelays, isInHistory } from './history.ts';
export { type Painting, type PaintOptions, paint, preparePainting, repaint } from './paint.ts';
export * from './pictures/index.ts';
export { isColor, type RegionOptions, type RegionSource } from './regions.ts';
export { scratchStore } from './scratch.ts';
export {
  type PaintedInSeries,
  type PreparedInSeries,
  prepareSeries,
  repaintSeries,
  type SeriesOptions,
} from './series.ts';
export * from './store/index.ts';
export {
  canvas,
  prepareTexture,
  TEXTURE_SETTINGS,
  type TextureOptions,
  type TextureShape,
  texture,
  textureSettings,
} from './texture.ts';
export {
  openWorkshop,
  type PreparedPainting,
  type Workshop,
  type WorkshopOptions,
} from './workshop.ts';
