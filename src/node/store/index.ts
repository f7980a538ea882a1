export { type CatalogueEntry, catalogue, type HttpSource, type NpmSource, type Source } from './catalogue.ts';
export { type Progress, type StoreOptions, storeFolder } from './folder.ts';
export {
  type LoadedModel,
  type LoadOptions,
  listModels,
  loadModel,
  loadWeights,
  type ModelInfo,
  removeModel,
  verifyModel,
} from './models.ts';
export { type PulledModel, type PullOptions, pullModel } from './pull.ts';
export type { StoredModel } from './stored.ts';
