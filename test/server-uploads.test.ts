import { architectureNamed, resolveSettings } from 'velatura';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
// As it is built: the thread is a file beside it.
import { startInspector } from '../dist/server/uploads/inspector.js';
import { inGroups } from '../src/server/in-groups.ts';
import { remembered } from '../src/server/remembered.ts';
import { together } from '../src/server/together.ts';
import { type Arrival, arrivalsWithin } from '../src/server/uploads/arrivals.ts';
import { within } from '../src/server/within.ts';
import { content, style } from './support/server.ts';

const bytes = async (file: Blob) => new Uint8Array(await file.arrayBuffer());
const LONG = 60_000;

describe('an inspector', () => {
  const inspector = startInspector();
  afterAll(() => inspector.close());

  async function inspection(damaged: boolean) {
    const whole = await bytes(content);
    const picture = {
      name: 'photo.png',
      bytes: damaged ? whole.subarray(0, whole.length / 2) : whole,
    };
    const uploads = {
      content: picture,
      styles: [{ name: 'style.jpg', bytes: await bytes(style) }],
      regions: undefined,
    };
    const settings = resolveSettings({ size: 64 }, architectureNamed('resnet50'));
    return { sent: [picture, ...uploads.styles], uploads, settings };
  }

  it('says which picture is damaged', async () => {
    await inspector.inspect(await inspection(false), LONG);
    await expect(inspector.inspect(await inspection(true), LONG)).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(/^photo\.png is damaged or cut off/),
    });
  });

  it('says where regions do not fit', async () => {
    const { sent, uploads, settings } = await inspection(false);
    const mask = { name: 'mask.jpg', bytes: await bytes(style) };
    const regions = { content: mask, styles: [] };
    const wrong = { sent, uploads: { ...uploads, regions }, settings };
    await expect(inspector.inspect(wrong, LONG)).rejects.toThrow(/proportions/);
  });

  it('keeps nobody waiting whose turn cannot come in time', async () => {
    const [whole, damaged] = [await inspection(false), await inspection(true)];
    // More than can be looked at in a moment: the last of them come back before the first. All are asked at once, so that the
    // first cannot be done before the last one asks, however slow the machine.
    const order: string[] = [];
    const first = inspector.inspect(whole, LONG).then(() => order.push('first'));
    const others = Array.from({ length: 200 }, () => inspector.inspect(whole, LONG));
    await inspector.inspect(damaged, 100).then(() => order.push('last'));
    await first;
    expect(order).toEqual(['last', 'first']);
    await Promise.all(others);
  });

  it('goes on with another thread where one was lost', async () => {
    const lost = startInspector();
    await lost.close();
    await expect(lost.inspect(await inspection(true), LONG)).rejects.toThrow(/damaged/);
    await lost.close();
  });
});

describe('forms that arrive', () => {
  const MB = 2 ** 20;
  const CROWDED = { status: 503, code: 'busy', headers: { 'retry-after': '5' } };

  function holding(most: number) {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const arriving = arrivalsWithin(most);
    return () => {
      let leave = () => {};
      let arrival: Arrival | undefined;
      const gone = arriving((own) => {
        arrival = own;
        return new Promise<void>((resolve) => {
          leave = resolve;
        });
      });
      const end = () => {
        leave();
        return gone;
      };
      return { ...(arrival as unknown as Arrival), end };
    };
  }

  it('are refused where there is no room, until others leave', async () => {
    const begin = holding(4 * MB);
    const first = begin();
    first.take(3 * MB);
    const second = begin();
    second.take(MB);
    expect(() => second.take(1)).toThrow(expect.objectContaining(CROWDED));
    // What is refused holds nothing.
    const third = begin();
    third.take(MB);
    expect(() => third.take(1)).toThrow(expect.objectContaining(CROWDED));
    await first.end();
    begin().take(4 * MB);
  });

  it('make room for others where next to nothing comes of them', () => {
    const begin = holding(4 * MB);
    const [idle, whole, busy] = [begin(), begin(), begin()];
    idle.take(MB);
    whole.take(MB);
    whole.complete();
    busy.take(MB);
    vi.advanceTimersByTime(4000);
    // A byte now and then is nothing.
    idle.take(1);
    busy.take(MB - 1);
    expect(() => begin().take(1)).toThrow(expect.objectContaining(CROWDED));
    expect(idle.refused.aborted).toBe(false);
    vi.advanceTimersByTime(2000);
    begin().take(MB);
    expect(idle.refused.reason).toMatchObject(CROWDED);
    expect(() => idle.take(1)).toThrow(expect.objectContaining(CROWDED));
    expect([whole.refused.aborted, busy.refused.aborted]).toEqual([false, false]);
  });
});

describe('one answer for many', () => {
  it('is shared by all who ask while another is worked out, and is never older than the question', async () => {
    let answers = 0;
    const ends: (() => void)[] = [];
    const ask = together(20, async (key) => {
      const answer = `${key} ${answers++}`;
      await new Promise<void>((resolve) => ends.push(resolve));
      return answer;
    });
    const first = ask('list');
    await new Promise((resolve) => setTimeout(resolve, 5));
    const others = [ask('list'), ask('list')];
    const other = ask('another');
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(answers).toBe(2);
    for (const end of ends.splice(0)) end();
    expect(await first).toBe('list 0');
    expect(await other).toBe('another 1');
    await new Promise((resolve) => setTimeout(resolve, 60));
    for (const end of ends.splice(0)) end();
    expect(await Promise.all(others)).toEqual(['list 2', 'list 2']);
  });

  it('goes on where one fails', async () => {
    let fails = true;
    const ask = together(0, async () => {
      if (fails) throw new Error('no');
      return 'yes';
    });
    await expect(ask('a')).rejects.toThrow('no');
    fails = false;
    expect(await ask('a')).toBe('yes');
  });
});

describe('answers that are remembered', () => {
  it('are worked out once for all who ask, the last of them', async () => {
    const asked: string[] = [];
    const ask = remembered(2, async (key) => {
      asked.push(key);
      await new Promise((resolve) => setImmediate(resolve));
      return `answer ${key}`;
    });
    expect(await Promise.all([ask('a'), ask('a'), ask('b')])).toEqual(['answer a', 'answer a', 'answer b']);
    await ask('a');
    // The one that was not asked for longest goes.
    await ask('c');
    await ask('a');
    expect(asked).toEqual(['a', 'b', 'c']);
    await ask('b');
    expect(asked).toEqual(['a', 'b', 'c', 'b']);
  });

  it('are tried again where there was none', async () => {
    let fails = true;
    const ask = remembered(2, async () => {
      if (fails) throw new Error('no');
      return 'yes';
    });
    await expect(ask('a')).rejects.toThrow('no');
    fails = false;
    expect(await ask('a')).toBe('yes');
  });
});

describe('work in groups', () => {
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  it('takes all together that came meanwhile, and gives each its own', async () => {
    const groups: (readonly number[])[] = [];
    const ends: (() => void)[] = [];
    const halve = inGroups(async (items: readonly number[]) => {
      groups.push(items);
      await new Promise<void>((resolve) => ends.push(resolve));
      return items.map((item) => () => {
        if (item % 2 === 1) throw new Error(`${item} is odd`);
        return item / 2;
      });
    });
    const first = halve(2);
    await settle();
    const others = Promise.allSettled([halve(4), halve(5), halve(6)]);
    await settle();
    expect(groups).toEqual([[2]]);
    ends.shift()?.();
    expect(await first).toBe(1);
    await settle();
    expect(groups).toEqual([[2], [4, 5, 6]]);
    ends.shift()?.();
    expect(await others).toMatchObject([{ value: 2 }, { reason: { message: '5 is odd' } }, { value: 3 }]);
  });

  it('has nobody answer for others where a group fails, and goes on', async () => {
    const groups: (readonly string[])[] = [];
    const work = inGroups(async (items: readonly string[]) => {
      groups.push(items);
      if (items.includes('bad')) throw new Error('no');
      return items.map((item) => () => item);
    });
    const all = await Promise.allSettled(['a', 'bad', 'b'].map(work));
    expect(all).toMatchObject([{ value: 'a' }, { reason: { message: 'no' } }, { value: 'b' }]);
    expect(groups).toEqual([['a', 'bad', 'b'], ['a'], ['bad'], ['b']]);
    expect(await work('c')).toBe('c');
  });
});

describe('work within a limit', () => {
  it('waits for its turn, in order, and larger work than the limit is done alone', async () => {
    const inTurn = within(3);
    const log: string[] = [];
    const ends: (() => void)[] = [];
    const work = (name: string, amount: number) =>
      inTurn(amount, async () => {
        log.push(name);
        await new Promise<void>((resolve) => ends.push(resolve));
      });
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    const all = [work('a', 2), work('b', 1), work('c', 1), work('d', 9), work('e', 1)];
    await settle();
    expect(log).toEqual(['a', 'b']);
    ends.shift()?.();
    await settle();
    // The large one waits, and those behind it do not pass by.
    expect(log).toEqual(['a', 'b', 'c']);
    ends.shift()?.();
    ends.shift()?.();
    await settle();
    expect(log).toEqual(['a', 'b', 'c', 'd']);
    ends.shift()?.();
    await settle();
    ends.shift()?.();
    await Promise.all(all);
    expect(log).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('is let go of where it fails', async () => {
    const inTurn = within(1);
    await expect(inTurn(1, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await inTurn(1, async () => 'yes')).toBe('yes');
  });
});
