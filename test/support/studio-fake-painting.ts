import sharp, { type Sharp } from 'sharp';
import {
  architectureNamed,
  explainSettings,
  resolveSettings,
  type Settings,
  textureSettings,
} from 'velatura';

/** A file that came in a request. */
export interface Upload {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface Event {
  readonly id: number;
  readonly name: string;
  readonly data: unknown;
}

export interface Order {
  readonly content: Upload | undefined;
  readonly texture:
    | { readonly width: number; readonly height: number; readonly tileable: boolean }
    | undefined;
  readonly explain: Readonly<Record<string, unknown>> | undefined;
  readonly styles: readonly Upload[];
  readonly history: number | undefined;
  readonly settings: Partial<Settings>;
  readonly from?: FakePainting;
}

/** How many steps lie between two previews. */
const EVERY = 5;

/**
 * What a server says of a painting, with no painter behind it: steps go by, the losses fall, and the style's picture shines
 * through the content's ever more.
 */
export class FakePainting {
  readonly id: string;
  readonly order: Order;
  readonly resolved: Settings;
  readonly events: Event[] = [];
  /** Told of every event, and of nothing once the painting is gone. */
  readonly listeners = new Set<(event?: Event) => void>();
  state: 'painting' | 'paused' | 'done' | 'failed' = 'painting';
  done = 0;
  /** How it grew: pictures, and where they stood. */
  readonly moments: { readonly scale: number; readonly step: number; readonly picture: Promise<Buffer> }[] =
    [];
  #stopped = false;
  readonly #failAt: number | undefined;
  readonly #sizes: { width: number; height: number }[];
  readonly #createdAt = new Date().toISOString();
  #finishedAt: string | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * @param pace milliseconds from step to step
   * @param failAt the step after which it fails, once
   */
  constructor(
    id: string,
    order: Order,
    size: { width: number; height: number },
    { pace, failAt }: { pace: number; failAt: number | undefined },
  ) {
    this.id = id;
    this.#failAt = failAt;
    this.order = order;
    const { settings, texture, explain } = order;
    this.resolved = resolveSettings(
      texture ? textureSettings(settings, texture) : explain ? explainSettings(settings) : settings,
      architectureNamed('resnet50'),
    );
    this.#sizes = this.resolved.scales.map((scale) => {
      const part = scale / Math.max(size.width, size.height);
      return { width: Math.round(size.width * part), height: Math.round(size.height * part) };
    });
    this.#timer = setInterval(() => this.state === 'painting' && this.#advance(), pace);
  }

  get isOver(): boolean {
    return this.state === 'done' || this.state === 'failed';
  }

  get total(): number {
    return this.resolved.steps.reduce((a, b) => a + b, 0);
  }

  json() {
    const { content, texture, explain, history, styles, settings, from } = this.order;
    const { scale, step, steps } = this.#place();
    return {
      id: this.id,
      state: this.state,
      ...(content && { content: content.name }),
      ...(texture && { texture }),
      ...(explain && { explain }),
      ...(history !== undefined && { history }),
      styles: styles.map(({ name }) => name),
      ...(from && { from: from.id }),
      settings,
      resolved: this.resolved,
      sizes: this.#sizes,
      createdAt: this.#createdAt,
      startedAt: this.#createdAt,
      ...(this.#finishedAt && { finishedAt: this.#finishedAt }),
      ...(this.done > 0 && { progress: this.#progress() }),
      ...(this.#stopped && { stopped: { scale, step, steps } }),
      ...(this.state === 'failed' && { error: 'The engine ran out of paint; try again.' }),
      command: content
        ? `velatura ${explain ? 'explain' : 'paint'} ${content.name} --style ${styles.map(({ name }) => name).join(' ')}`
        : `velatura texture ${styles.map(({ name }) => name).join(' ')}`,
    };
  }

  /** The picture as it stands, at the size of its scale. */
  async picture(): Promise<Sharp> {
    const { level } = this.#place();
    const { width, height } = this.#sizes[level] as { width: number; height: number };
    const whole = { width, height, fit: 'fill' } as const;
    const part = (0.75 * this.done) / this.total;
    const style = await sharp(this.order.styles[0]?.bytes)
      .resize({ width, height, fit: 'cover' })
      .ensureAlpha(part)
      .png()
      .toBuffer();
    const { content } = this.order;
    const grey = { create: { width, height, channels: 3, background: '#808080' } } as const;
    return (content ? sharp(content.bytes) : sharp(grey))
      .resize(whole)
      .composite([{ input: style, blend: 'over' }]);
  }

  pause(): void {
    this.#turn('paused');
  }

  resume(): void {
    this.#turn('painting');
  }

  stop(): void {
    this.#stopped = true;
    this.#finish();
  }

  cancel(): void {
    clearInterval(this.#timer);
    for (const listener of this.listeners) listener();
  }

  /** Lets no timer keep the process. */
  forget(): void {
    clearInterval(this.#timer);
  }

  #turn(state: 'painting' | 'paused'): void {
    this.state = state;
    this.#tell('state', this.json());
  }

  #advance(): void {
    this.done++;
    this.#tell('step', { ...this.#progress(), level: this.#place().level });
    const { scale = 0, step } = this.#place();
    if (this.order.history !== undefined && this.done % this.order.history === 0) {
      this.moments.push({
        scale,
        step,
        picture: this.picture().then((picture) => picture.webp().toBuffer()),
      });
    }
    if (this.done % EVERY === 0) this.#tell('preview', { url: `/paintings/${this.id}/preview` });
    if (this.done === this.#failAt) {
      this.state = 'failed';
      this.#tell('failed', this.json());
    } else if (this.done >= this.total) this.#finish();
  }

  #finish(): void {
    clearInterval(this.#timer);
    this.state = 'done';
    this.#finishedAt = new Date().toISOString();
    this.#tell('done', this.json());
  }

  #tell(name: string, data: unknown): void {
    const event = { id: this.events.length + 1, name, data };
    this.events.push(event);
    for (const listener of this.listeners) listener(event);
  }

  #place() {
    const { scales, steps } = this.resolved;
    let level = 0;
    let before = 0;
    while (level < scales.length - 1 && this.done > before + (steps[level] as number)) {
      before += steps[level] as number;
      level++;
    }
    return { level, scale: scales[level], step: this.done - before, steps: steps[level] };
  }

  #progress() {
    const { scale, step = 1, steps } = this.#place();
    const style = 0.8 / (1 + step) + 0.012;
    const content = 0.04 + 0.01 / (1 + step);
    const tv = 0.001;
    return {
      ...{ scale, step, steps, done: this.done, total: this.total },
      loss: { content, style, tv, total: content + style + tv },
      seconds: this.done / 10,
      secondsLeft: (this.total - this.done) / 10,
    };
  }
}
