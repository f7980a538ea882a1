import type { Settings } from './contract.ts';
import type { Chosen } from './draft.svelte.ts';
import { blackFile, maskFile } from './regions.ts';
import { compact } from './words.ts';

/** What is sent to have a painting made of pictures. */
export async function orderOf(
  content: Chosen,
  styles: readonly Chosen[],
  settings: Settings,
): Promise<FormData> {
  const form = new FormData();
  form.append('content', content.file, content.file.name);
  for (const { file } of styles) form.append('style', file, file.name);
  form.append('settings', JSON.stringify(fitting(settings, styles.length)));
  if (content.regions) {
    form.append('contentRegions', await maskFile(content.regions, 'content-regions.png'));
  }
  if (styles.some(({ regions }) => regions)) {
    // One for each style, in their order, so that it is clear whose it is.
    for (const { regions, size } of styles) {
      const name = 'style-regions.png';
      form.append(
        'styleRegions',
        regions ? await maskFile(regions, name) : await blackFile(size ?? { width: 64, height: 64 }, name),
      );
    }
  }
  return form;
}

/** Settings of another painting may mix another number of styles; then they count alike, as the easel shows. */
function fitting(settings: Settings, styles: number): Settings {
  const { styleMix, ...others } = compact(settings);
  return Array.isArray(styleMix) && styleMix.length === styles ? { ...others, styleMix } : others;
}

/** What is sent to have a painting painted on from where it is. */
export function orderFrom(id: string, settings: Settings): FormData {
  const form = new FormData();
  form.append('from', id);
  form.append('settings', JSON.stringify(compact(settings)));
  return form;
}
