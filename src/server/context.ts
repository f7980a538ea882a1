import type { Database } from './database/index.ts';
import type { Limits } from './limits.ts';
import type { Metrics } from './metrics.ts';
import type { News } from './paintings/news.ts';
import type { CommandLine } from './paintings/painting.ts';
import type { Inspector } from './uploads/inspector.ts';

/** What the routes share. */
export interface Context {
  readonly database: Database;
  readonly news: News;
  readonly inspector: Inspector;
  readonly limits: Limits;
  readonly metrics: Metrics;
  readonly commandLine: CommandLine;
  /** What each control is for, in words for people. */
  readonly controlWords: Readonly<Record<string, string>>;
  /** Who may ask; nobody has to say who they are where there are none. */
  readonly tokens: readonly string[];
  readonly log: (line: string) => void;
}
