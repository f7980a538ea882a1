import { isAbsolute, relative } from 'node:path';
import * as z from 'zod';

/** What the command keeps in a checkpoint for itself. */
export const notesSchema = z.object({
  /** Names of the files, for people; of a texture there is no content. */
  content: z.string().optional(),
  style: z.array(z.string()),
  texture: z.object({ width: z.int().min(1), height: z.int().min(1) }).optional(),
  /** Whole paths. */
  output: z.string(),
  preview: z.string().optional(),
});

export type CheckpointNotes = z.infer<typeof notesSchema>;

/** A whole path as one would write it in the present folder. */
export function fromHere(path: string): string {
  const way = relative(process.cwd(), path);
  return way === '' || way.startsWith('..') || isAbsolute(way) ? path : way;
}
