/** What one request, one painting and all paintings may take. */
export interface Limits {
  /** Megabytes of one uploaded file. */
  readonly maxUpload: number;
  /** Million pixels of one uploaded picture, whatever is made of it afterwards. */
  readonly maxPixels: number;
  /** Milliseconds that somebody waits for pictures to be looked at as a whole; then they are accepted by their heads. */
  readonly maxLook: number;
  /** Longest side of a painting, in pixels. */
  readonly maxSize: number;
  /** Steps of a painting at all its scales together. */
  readonly maxSteps: number;
  /** Style pictures of a painting. */
  readonly maxStyles: number;
  /** Seconds that a painting may be painted for. */
  readonly maxSeconds: number;
  /** Paintings that wait, of all clients. */
  readonly maxQueued: number;
  /** Paintings that wait, of one client. */
  readonly maxQueuedEach: number;
  /** Streams of events open at once. */
  readonly maxStreams: number;
}

interface Limit {
  readonly usual: number;
  /** For the option's help. */
  readonly placeholder: string;
  readonly words: string;
}

/** What is allowed unless something else is said. */
export const limitTable: Readonly<Record<keyof Limits, Limit>> = {
  maxUpload: { usual: 32, placeholder: 'megabytes', words: 'largest file that may be uploaded' },
  maxPixels: {
    usual: 64,
    placeholder: 'millions',
    words: 'most pixels, in millions, of an uploaded picture',
  },
  maxLook: {
    usual: 300,
    placeholder: 'milliseconds',
    words: 'longest look at whole pictures before they are accepted by their heads',
  },
  maxSize: { usual: 2048, placeholder: 'pixels', words: 'longest side of a painting' },
  maxSteps: { usual: 5000, placeholder: 'number', words: 'most steps of a painting, all scales together' },
  maxStyles: { usual: 8, placeholder: 'number', words: 'most styles of a painting' },
  maxSeconds: { usual: 7200, placeholder: 'seconds', words: 'longest time that a painting may take' },
  maxQueued: { usual: 200, placeholder: 'number', words: 'most paintings that wait' },
  maxQueuedEach: { usual: 50, placeholder: 'number', words: 'most paintings of one client that wait' },
  maxStreams: { usual: 500, placeholder: 'number', words: 'most streams of events at once' },
};

export const usualLimits = Object.fromEntries(
  Object.entries(limitTable).map(([name, { usual }]) => [name, usual]),
) as unknown as Limits;
