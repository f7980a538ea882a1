import * as z from 'zod';
import { EXPLAIN_TAPS_WORDS, explainNumbers, type Settings, type Size } from '../../node/index.ts';

/*
 * A painting as clients see it, and as it is kept.
 */

export const STATES = ['queued', 'painting', 'paused', 'done', 'failed'] as const;
export type State = (typeof STATES)[number];

const whole = z.int().min(0);
/** Losses of a picture that went astray may be too large for JSON's numbers. */
const loss = z.number().nullable();

export const progressSchema = z.object({
  scale: whole.describe('Longest side at this level of the pyramid, in pixels'),
  step: whole.describe('Steps done at this scale'),
  steps: whole.describe('Steps planned at this scale'),
  done: whole.describe('Steps done at all scales'),
  total: whole.describe('Steps planned at all scales'),
  loss: z.object({ content: loss, style: loss, tv: loss, total: loss }),
  seconds: z.number().describe('Spent painting so far'),
  secondsLeft: z.number().optional().describe('A guess, from the second step on'),
  part: z.string().optional().describe('What of an explanation is made, once all steps are done'),
});
export type Progress = z.infer<typeof progressSchema>;

export const stoppedSchema = z.object({ scale: whole, step: whole, steps: whole });
export type Stopped = z.infer<typeof stoppedSchema>;

const regionsSchema = z.object({ content: z.string(), style: z.array(z.string()).optional() });
export type RegionNames = z.infer<typeof regionsSchema>;

export const textureSchema = z.object({
  width: whole.describe('In pixels'),
  height: whole.describe('In pixels'),
  tileable: z.boolean().default(false).describe('Whether it can be laid beside itself without a seam'),
});
export type Texture = z.infer<typeof textureSchema>;

const choice = (name: keyof typeof explainNumbers) => {
  const { usual, least, most, words } = explainNumbers[name];
  return z.int().min(least).max(most).optional().describe(words).meta({ default: usual });
};

/** What an explanation looks into; what is left out is as usual. */
export const explainSchema = z.strictObject({
  taps: z.array(z.string()).min(1).optional().describe(EXPLAIN_TAPS_WORDS),
  maps: choice('maps'),
  channels: choice('channels'),
  reconstructionSize: choice('reconstructionSize'),
  reconstructionSteps: choice('reconstructionSteps'),
});
export type Explain = z.infer<typeof explainSchema>;

const anySettings = z.record(z.string(), z.unknown());

export const paintingSchema = z
  .object({
    id: z.string(),
    state: z.enum(STATES),
    content: z.string().optional().describe('The name of the file of the content; a texture has none'),
    texture: textureSchema.optional().describe('What it is where it is a texture'),
    explain: explainSchema
      .optional()
      .describe('What is looked into where it is an explanation: a small painting with a report'),
    styles: z.array(z.string()).describe('The names of the files of the styles'),
    regions: regionsSchema.optional().describe('The names of the files of the masks'),
    from: z
      .string()
      .optional()
      .describe('The painting from whose picture this one started, or which it explains'),
    start: z.string().optional().describe('The name of the file from which it started'),
    history: z
      .int()
      .optional()
      .describe('Steps between two of the pictures of how it grew, where they are kept'),
    settings: anySettings.describe('As they were given'),
    resolved: anySettings.optional().describe('All settings'),
    sizes: z
      .array(z.object({ width: whole, height: whole }))
      .describe('In pixels at each scale, from coarse to fine'),
    createdAt: z.string(),
    startedAt: z.string().optional(),
    finishedAt: z.string().optional(),
    wanted: z
      .enum(['pause', 'stop'])
      .optional()
      .describe('What was asked for, and happens after the present step'),
    queuePosition: z.int().min(1).optional().describe('1 where it is the next'),
    progress: progressSchema.optional(),
    stopped: stoppedSchema.optional().describe('Where it was kept before its end'),
    error: z.string().optional().describe('Why it failed'),
    command: z.string().describe('The command line that paints the same'),
  })
  .meta({ id: 'Painting' });
export type PaintingView = z.infer<typeof paintingSchema>;

/** A row of the table. */
export interface PaintingRow {
  readonly number: number;
  readonly id: string;
  readonly client: string;
  readonly state: State;
  readonly content: string | null;
  readonly texture: Texture | null;
  readonly explain: Explain | null;
  readonly history: number | null;
  readonly styles: readonly string[];
  readonly regions: RegionNames | null;
  readonly origin: string | null;
  readonly start: string | null;
  readonly settings: Partial<Settings>;
  readonly resolved: Settings;
  readonly sizes: readonly Size[];
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
  readonly progress: Progress | null;
  readonly stopped: Stopped | null;
  readonly error: string | null;
  readonly wanted: 'pause' | 'stop' | null;
  readonly token: number;
  readonly worker: string | null;
  readonly losses: number;
  readonly request_hash: string | null;
}

/** The command line that paints the same, for people: the names of files are those that came with them. */
export type CommandLine = (painting: {
  readonly content: string | undefined;
  readonly texture: Texture | undefined;
  readonly explain: Explain | undefined;
  readonly history: number | undefined;
  readonly style: readonly string[];
  readonly regions: RegionNames | undefined;
  readonly settings: Partial<Settings>;
}) => string;

/** The name under which a painting is saved, without its extension. */
export function stemOf({ content, styles }: Pick<PaintingRow, 'content' | 'styles'>): string {
  const stems = [...(content === null ? [] : [content]), ...styles].map(
    (name) => name.replace(/\.[^.]*$/, '') || name,
  );
  return [...stems, ...(content === null ? ['texture'] : [])].join('-');
}

/** What the picture is called that it starts from; nothing where that follows from its settings. */
export function startNameOf({ start, origin, explain }: PaintingRow): string | undefined {
  // Explaining a painting is not going on from it.
  return start ?? (origin === null || explain ? undefined : `painting-${origin}.png`);
}

/** @param queuePosition of a queued painting, where somebody counted */
export function viewOf(row: PaintingRow, commandLine: CommandLine, queuePosition?: number): PaintingView {
  const { origin, start, resolved, progress, stopped } = row;
  const init = startNameOf(row);
  return {
    id: row.id,
    state: row.state,
    ...(row.content !== null && { content: row.content }),
    ...(row.texture && { texture: row.texture }),
    ...(row.explain && { explain: row.explain }),
    styles: [...row.styles],
    ...(row.regions && { regions: row.regions }),
    ...(origin !== null && { from: origin }),
    ...(start !== null && { start }),
    ...(row.history !== null && { history: row.history }),
    settings: row.settings,
    resolved,
    sizes: [...row.sizes],
    createdAt: row.created_at.toISOString(),
    ...(row.started_at && { startedAt: row.started_at.toISOString() }),
    ...(row.finished_at && { finishedAt: row.finished_at.toISOString() }),
    ...(row.wanted && { wanted: row.wanted }),
    ...(queuePosition !== undefined && { queuePosition }),
    ...(progress && { progress }),
    ...(stopped && { stopped }),
    ...(row.error !== null && { error: row.error }),
    command: commandLine({
      content: row.content ?? undefined,
      texture: row.texture ?? undefined,
      explain: row.explain ?? undefined,
      history: row.history ?? undefined,
      style: row.styles,
      regions: row.regions ?? undefined,
      settings: init === undefined ? resolved : { ...resolved, init },
    }),
  };
}

/** Whether nothing will change any more by itself or by a worker. */
export function isOver(state: State): boolean {
  return state === 'done' || state === 'failed';
}
