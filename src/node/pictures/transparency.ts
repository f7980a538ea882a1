/** From this opacity up a colour is what somebody painted; below, rounding and rubbish take over. */
const TRUSTED = 1 / 8;

/**
 * Gives the invisible pixels of a picture the colour of what is visible around them, smoothly: files hold anything
 * there, and a network would see it. (Push-pull: means over ever larger blocks, then back down where colour lacks.)
 *
 * @param data planar RGB `[3, height, width]`, changed in place
 * @param alpha `[height, width]` in [0,1]
 */
export function fillHidden(data: Float32Array, alpha: Float32Array, width: number, height: number): void {
  fill({ data, weights: alpha, width, height }, TRUSTED);
}

/** Colours, and how much each counts in a mean. */
interface Level {
  readonly data: Float32Array;
  readonly weights: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** @param trusted the weight from which on a colour stays as it is */
function fill(level: Level, trusted: number): void {
  const { data, weights, width, height } = level;
  if (weights.every((weight) => weight >= trusted)) return;
  const area = width * height;
  if (area === 1) {
    if (weights[0] === 0) data.fill(0.5);
    return;
  }
  const coarse = halve(level);
  fill(coarse, 1);
  for (let y = 0; y < height; y++) {
    const [top, bottom, down] = neighbours(y, coarse.height);
    for (let x = 0; x < width; x++) {
      const own = Math.min((weights[y * width + x] as number) / trusted, 1);
      if (own === 1) continue;
      const [left, right, across] = neighbours(x, coarse.width);
      for (let plane = 0; plane < 3; plane++) {
        const at = (row: number, column: number) =>
          coarse.data[(plane * coarse.height + row) * coarse.width + column] as number;
        const above = at(top, left) * (1 - across) + at(top, right) * across;
        const below = at(bottom, left) * (1 - across) + at(bottom, right) * across;
        const around = above * (1 - down) + below * down;
        const i = plane * area + y * width + x;
        data[i] = (data[i] as number) * own + around * (1 - own);
      }
    }
  }
}

/** The two places of the coarse row around place `i` of the fine one, and how far it lies towards the second. */
function neighbours(i: number, length: number): [number, number, number] {
  const position = Math.min(Math.max((i + 0.5) / 2 - 0.5, 0), length - 1);
  const first = Math.floor(position);
  return [first, Math.min(first + 1, length - 1), position - first];
}

/** The weighted means of blocks of 2 x 2, and their weight: at most 1, so that where it is 1 nothing shines through. */
function halve(fine: Level): Level {
  const width = Math.ceil(fine.width / 2);
  const height = Math.ceil(fine.height / 2);
  const data = new Float32Array(3 * width * height);
  const weights = new Float32Array(width * height);
  for (let y = 0; y < fine.height; y++) {
    for (let x = 0; x < fine.width; x++) {
      const weight = fine.weights[y * fine.width + x] as number;
      if (weight === 0) continue;
      const cell = (y >> 1) * width + (x >> 1);
      weights[cell] = (weights[cell] as number) + weight;
      for (let plane = 0; plane < 3; plane++) {
        const value = fine.data[(plane * fine.height + y) * fine.width + x] as number;
        const i = plane * width * height + cell;
        data[i] = (data[i] as number) + weight * value;
      }
    }
  }
  for (let i = 0; i < data.length; i++) {
    data[i] = (data[i] as number) / (weights[i % weights.length] || 1);
  }
  return { data, weights: weights.map((weight) => Math.min(weight, 1)), width, height };
}
