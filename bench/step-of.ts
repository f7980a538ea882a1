import {
  architectureNamed,
  type Engine,
  type Network,
  objective,
  type Picture,
  pictureFeatures,
  runOnce,
  serialize,
  styleStatistics,
} from 'velatura';
import { norm, type Stepper } from './protocol.ts';
import type { Scene } from './scene.ts';

const LOSSES = ['content', 'style', 'tv'] as const;

/** The step of a scene as Velatura's own graph, on any engine. */
export async function stepOf({ recipe, weights, pictures }: Scene, engine: Engine): Promise<Stepper> {
  const network: Network = { architecture: architectureNamed(recipe.network), weights };
  const { content, style, change } = pictures as Record<'content' | 'style' | 'change', Picture>;
  const { width, height } = content;
  const statistics = styleStatistics(
    { ...recipe, network, width: style.width, height: style.height },
    Object.keys(recipe.styleTaps),
  );
  const styleTargets = await runOnce(engine, statistics, { picture: style.data });

  const taps = Object.keys(recipe.contentTaps);
  const look = pictureFeatures({ ...recipe, network, width, height }, taps);
  const maps = await runOnce(engine, look, { picture: content.data });
  const targets = taps.map((tap) => [`content ${tap}`, maps[`features ${tap}`] as Float32Array] as const);

  const program = await engine.compile(serialize(objective({ ...recipe, network, width, height })));
  let unchanging: Record<string, Float32Array> = {
    start: content.data,
    ...styleTargets,
    ...Object.fromEntries(targets),
  };

  async function run() {
    const found = await program.run({ change: change.data, ...unchanging }, [
      'picture',
      ...LOSSES,
      'gradient',
    ]);
    unchanging = {};
    return found;
  }
  return {
    engine: engine.name,
    step: async () => void (await run()),
    async losses() {
      const found = await run();
      const [c, s, tv] = LOSSES.map((name) => found[name]?.[0] as number) as [number, number, number];
      const { contentWeight, styleWeight, tvWeight } = recipe;
      const total = contentWeight * c + styleWeight * s + tvWeight * tv;
      return { content: c, style: s, tv, total, gradient: norm(found.gradient as Float32Array) };
    },
  };
}
