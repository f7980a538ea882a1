/** Finds what a ray of light meets first, among convex solids and leaves. */

export type Vec = readonly [number, number, number];

/** What a surface looks like at a place: its colour, how much it mirrors, and lets light through (0 to 1). */
export type Skin = { colour: Vec; mirror: number; through?: number };
export type Look = (at: Vec, normal: Vec) => Skin;

/** A convex solid, the space behind all of its planes: nx, ny, nz, d (n·p < d) for each of them. */
export type Solid = { planes: number[]; low: Vec; high: Vec; look: Look };

/** A small round leaf or clump of leaves. */
export type Leaf = { centre: Vec; normal: Vec; radius: number; look: Look };

export type Hit = { distance: number; normal: Vec; look: Look };

export type Scene = {
  /** The nearest thing along a ray, no farther than `limit`. */
  nearest: (from: Vec, way: Vec, limit: number) => Hit | undefined;
  /** Whether anything at all lies within `limit`. */
  blocked: (from: Vec, way: Vec, limit: number) => boolean;
};

type Item = { low: Vec; high: Vec; solid?: Solid; leaf?: Leaf };

export function scene(solids: readonly Solid[], leaves: readonly Leaf[]): Scene {
  const items: Item[] = [
    ...solids.map((solid) => ({ low: solid.low, high: solid.high, solid })),
    ...leaves.map((leaf) => ({ ...around(leaf), leaf })),
  ];
  const tree = arrange(items);
  const stack = new Int32Array(128);
  let foundAt = 0;
  let foundItem = -1;
  let foundPlane = -1;

  function search(from: Vec, way: Vec, limit: number, any: boolean): boolean {
    const [ox, oy, oz] = from;
    const ix = 1 / way[0];
    const iy = 1 / way[1];
    const iz = 1 / way[2];
    foundAt = limit;
    foundItem = -1;
    let depth = 0;
    stack[depth++] = 0;
    while (depth > 0) {
      const node = stack[--depth] as number;
      const b = node * 6;
      const bounds = tree.bounds;
      const x0 = ((bounds[b] as number) - ox) * ix;
      const x1 = ((bounds[b + 3] as number) - ox) * ix;
      const y0 = ((bounds[b + 1] as number) - oy) * iy;
      const y1 = ((bounds[b + 4] as number) - oy) * iy;
      const z0 = ((bounds[b + 2] as number) - oz) * iz;
      const z1 = ((bounds[b + 5] as number) - oz) * iz;
      const enter = Math.max(Math.min(x0, x1), Math.min(y0, y1), Math.min(z0, z1), 0);
      const leave = Math.min(Math.max(x0, x1), Math.max(y0, y1), Math.max(z0, z1), foundAt);
      if (enter > leave) continue;
      const count = tree.count[node] as number;
      const first = tree.first[node] as number;
      if (count === 0) {
        // The child on the ray's own side goes on top of the stack, to be looked at first.
        const flip = (way[tree.axis[node] as 0 | 1 | 2] as number) < 0 ? 1 : 0;
        stack[depth++] = first + 1 - flip;
        stack[depth++] = first + flip;
        continue;
      }
      for (let i = first; i < first + count; i++) {
        const item = items[i] as Item;
        if (item.solid ? pierce(item.solid, i, from, way) : prick(item.leaf as Leaf, i, from, way)) {
          if (any) return true;
        }
      }
    }
    return foundItem >= 0;
  }

  function pierce(solid: Solid, index: number, from: Vec, way: Vec): boolean {
    const { planes } = solid;
    let enter = 1e-4;
    let leave = foundAt;
    let plane = -1;
    for (let i = 0; i < planes.length; i += 4) {
      const nx = planes[i] as number;
      const ny = planes[i + 1] as number;
      const nz = planes[i + 2] as number;
      const slope = nx * way[0] + ny * way[1] + nz * way[2];
      const gap = (planes[i + 3] as number) - nx * from[0] - ny * from[1] - nz * from[2];
      if (slope < 0) {
        const t = gap / slope;
        if (t > enter) {
          enter = t;
          plane = i;
        }
      } else if (slope > 0) leave = Math.min(leave, gap / slope);
      else if (gap < 0) return false;
      if (enter > leave) return false;
    }
    if (plane < 0) return false;
    foundAt = enter;
    foundItem = index;
    foundPlane = plane;
    return true;
  }

  function prick({ centre, normal, radius }: Leaf, index: number, from: Vec, way: Vec): boolean {
    const slope = normal[0] * way[0] + normal[1] * way[1] + normal[2] * way[2];
    const px = centre[0] - from[0];
    const py = centre[1] - from[1];
    const pz = centre[2] - from[2];
    const t = (normal[0] * px + normal[1] * py + normal[2] * pz) / slope;
    if (!(t > 1e-4 && t < foundAt)) return false;
    const dx = way[0] * t - px;
    const dy = way[1] * t - py;
    const dz = way[2] * t - pz;
    if (dx * dx + dy * dy + dz * dz > radius * radius) return false;
    foundAt = t;
    foundItem = index;
    return true;
  }

  return {
    blocked: (from, way, limit) => search(from, way, limit, true),
    nearest: (from, way, limit) => {
      if (!search(from, way, limit, false)) return undefined;
      const { solid, leaf } = items[foundItem] as Item;
      if (leaf) {
        const faces =
          leaf.normal[0] * way[0] + leaf.normal[1] * way[1] + leaf.normal[2] * way[2] < 0 ? 1 : -1;
        const normal: Vec = [leaf.normal[0] * faces, leaf.normal[1] * faces, leaf.normal[2] * faces];
        return { distance: foundAt, normal, look: leaf.look };
      }
      const { planes, look } = solid as Solid;
      const normal = planes.slice(foundPlane, foundPlane + 3) as unknown as Vec;
      return { distance: foundAt, normal, look };
    },
  };
}

const around = ({ centre, radius }: Leaf): { low: Vec; high: Vec } => ({
  low: [centre[0] - radius, centre[1] - radius, centre[2] - radius],
  high: [centre[0] + radius, centre[1] + radius, centre[2] + radius],
});

/** A tree of boxes within boxes; a node without items has its two children at `first` and `first + 1`. */
type Tree = { bounds: number[]; first: number[]; count: number[]; axis: number[] };

/** Sorts the items in place, so that each node's items lie side by side. */
function arrange(items: Item[]): Tree {
  const tree: Tree = { bounds: [], first: [], count: [], axis: [] };
  const room = () => tree.first.push(0) - 1;

  function fill(node: number, from: number, to: number): void {
    const low = [Infinity, Infinity, Infinity];
    const high = [-Infinity, -Infinity, -Infinity];
    for (let i = from; i < to; i++) {
      const item = items[i] as Item;
      for (let a = 0; a < 3; a++) {
        low[a] = Math.min(low[a] as number, item.low[a] as number);
        high[a] = Math.max(high[a] as number, item.high[a] as number);
      }
    }
    tree.bounds.splice(node * 6, 6, ...low, ...high);
    tree.count[node] = to - from;
    tree.first[node] = from;
    tree.axis[node] = 0;
    if (to - from <= 3) return;

    const sizes = high.map((h, a) => h - (low[a] as number));
    const axis = sizes.indexOf(Math.max(...sizes)) as 0 | 1 | 2;
    const sorted = items
      .slice(from, to)
      .sort((a, b) => a.low[axis] + a.high[axis] - b.low[axis] - b.high[axis]);
    for (let i = 0; i < sorted.length; i++) items[from + i] = sorted[i] as Item;
    const middle = (from + to) >> 1;
    const left = room();
    room();
    tree.bounds.length = tree.first.length * 6;
    tree.count[node] = 0;
    tree.first[node] = left;
    tree.axis[node] = axis;
    fill(left, from, middle);
    fill(left + 1, middle, to);
  }

  room();
  fill(0, 0, items.length);
  return tree;
}
