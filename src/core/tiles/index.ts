export { type Cover, coverAxis, type Reach } from './axis.ts';
export type { TileOptions } from './graphs.ts';
export { openTiledObjective, type TiledObjective } from './objective.ts';
export { tiledStatistics } from './statistics.ts';
export { type Stores, type TiledPicture, tiledPicture } from './tiled-picture.ts';
export { type Counts, type Cutting, layTiles, type TiledStage } from './tiling.ts';
