export { type AugmentEvent, augment } from './augment.ts';
export { MANIFEST, type ManifestEntry } from './manifest.ts';
export { AUGMENT_DEFAULTS, type AugmentOptions, DEFAULT_STRENGTH } from './plan.ts';
