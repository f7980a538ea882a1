import {
  type PaintingState,
  paintPicture,
  resolveSettings,
  type Settings,
  type Step,
  UserError,
} from 'velatura';
import { describe, expect, it } from 'vitest';
import { testEngine } from './support/run.ts';
import { architecture, content, network, style } from './support/tiny.ts';

const engine = testEngine();

const workWith = (given: Partial<Settings>) => ({
  content,
  styles: [style],
  network,
  settings: resolveSettings(
    {
      scales: [32, 48],
      steps: [16, 9],
      contentTaps: { block3_conv1: 1 },
      styleTaps: { block1_conv1: 1, block2_conv1: 1 },
      init: 'noise',
      ...given,
    },
    architecture,
  ),
});

interface Kept {
  readonly step: Step;
  readonly state: PaintingState;
}

/** Every step of a painting, with its state. */
async function keepAll(work: ReturnType<typeof workWith>): Promise<Kept[]> {
  const kept: Kept[] = [];
  for await (const step of paintPicture(work, engine)) kept.push({ step, state: await step.checkpoint() });
  return kept;
}

async function carriedOn(work: ReturnType<typeof workWith>, from: PaintingState): Promise<Step[]> {
  const steps: Step[] = [];
  for await (const step of paintPicture(work, engine, undefined, from)) steps.push(step);
  return steps;
}

/** What two runs must have in common. */
const trace = (steps: readonly Step[]) =>
  steps.map(({ scale, step, last, loss, picture }) => ({ scale, step, last, loss, picture: picture.data }));

describe('a painting that goes on from a state', () => {
  it.each([
    { optimizer: 'lbfgs' },
    { optimizer: 'adam', color: 'match' },
    { optimizer: 'lbfgs', color: 'content', init: 'style' },
  ] as const satisfies Partial<Settings>[] as Partial<Settings>[])(
    'is the same bit for bit as one that was never stopped: %j',
    async (given) => {
      const work = workWith(given);
      const plain: Step[] = [];
      for await (const step of paintPicture(work, engine)) plain.push(step);
      const kept = await keepAll(work);
      // Taking states changes nothing.
      expect(trace(kept.map(({ step }) => step))).toEqual(trace(plain));
      expect(kept.filter(({ state }) => !state.optimizer).map(({ step }) => step.scale)).toEqual([32, 48]);
      // The first steps, a later one, the last of a scale and the first of the next, and the last of all.
      for (const i of [0, 1, 13, 15, 16, 23, 24]) {
        const { state, step } = kept[i] as Kept;
        const rest = await carriedOn(work, state);
        const expected = i === kept.length - 1 ? plain.slice(-1) : plain.slice(i + 1);
        expect(trace(rest), `after step ${step.step} of scale ${step.scale}`).toEqual(trace(expected));
        expect(rest[0]?.seconds).toBeGreaterThanOrEqual(state.seconds);
      }
    },
  );

  it('can be stopped and carried on again and again', async () => {
    const work = workWith({});
    const plain: Step[] = [];
    for await (const step of paintPicture(work, engine)) plain.push(step);
    const all: Step[] = [];
    let from: PaintingState | undefined;
    for (let i = 0; i < plain.length; i++) {
      for await (const step of paintPicture(work, engine, undefined, from)) {
        all.push(step);
        from = await step.checkpoint();
        break;
      }
    }
    expect(trace(all)).toEqual(trace(plain));
  });

  it('refuses a state of another painting', async () => {
    const [{ state }] = (await keepAll(workWith({ steps: [2, 1] }))) as [Kept];
    await expect(carriedOn(workWith({ scales: [40, 48] }), state)).rejects.toThrow(UserError);
    await expect(carriedOn(workWith({ scales: [48], steps: [1] }), state)).rejects.toThrow(UserError);
    await expect(carriedOn(workWith({ optimizer: 'adam' }), state)).rejects.toThrow(
      /^The optimiser's saved state has no "bestLoss"/,
    );
    await expect(carriedOn(workWith({}), { ...state, step: 17 })).rejects.toThrow(UserError);
  });

  it('gives no state of a step that is over', async () => {
    let first: Step | undefined;
    for await (const step of paintPicture(workWith({ steps: [2, 1] }), engine)) {
      if (first) {
        await expect(first.checkpoint()).rejects.toThrow('before the next step');
        return;
      }
      first = step;
    }
  });
});
