import { extname } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { checkWritable, writeBytes } from '../pictures/write.ts';
import type { Explanation } from './explanation.ts';

/** The report as one HTML page that needs nothing else: pictures, styles and scripts are in it. */
export async function renderReport(explanation: Explanation): Promise<string> {
  // What draws the plots is loaded only where there is something to draw.
  const { reportPage } = await import('./report/page.ts');
  return reportPage(explanation);
}

/**
 * Writes the report. The file appears whole or not at all.
 * @throws UserError as `checkReport`, or when the disk is full
 */
export async function writeReport(path: string, explanation: Explanation): Promise<void> {
  checkName(path);
  await writeBytes(path, Buffer.from(await renderReport(explanation)));
}

/**
 * Checks that a report could be written there, before the work.
 * @throws UserError when the name is none of an HTML page, or the folder missing or not writable
 */
export async function checkReport(path: string): Promise<void> {
  await checkWritable(path, checkName);
}

function checkName(path: string): void {
  const extension = extname(path).toLowerCase();
  if (extension === '.html' || extension === '.htm') return;
  const found = extension === '' ? 'has no extension' : `cannot end in ${extension}`;
  throw new UserError(`${path} ${found}; a report is written as .html.`);
}
