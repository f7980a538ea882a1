import type { Settings, Texture } from './contract.ts';
import { controls } from './controls.svelte.ts';
import type { Chosen, draft } from './draft.svelte.ts';
import { colours, maskFile } from './regions.ts';
import { compact, stem } from './words.ts';

/** What nobody painted on. */
const BLACK = '#000000';

/** What is sent to have a painting made of pictures. */
export async function orderOf(
  content: Chosen,
  {
    styles,
    settings,
    start,
    history,
    explain,
  }: Pick<typeof draft, 'styles' | 'settings' | 'start' | 'history' | 'explain'>,
): Promise<FormData> {
  const form = new FormData();
  form.append('content', content.file, content.file.name);
  for (const { file } of styles) form.append('style', file, file.name);
  if (start) form.append('start', start.file, start.file.name);
  form.append('settings', JSON.stringify(fitting(settings, styles.length)));
  if (explain) {
    // It is of the whole picture.
    form.append('explain', JSON.stringify(explain));
    return form;
  }
  if (history !== undefined) form.append('history', String(history));
  if (content.regions) {
    form.append('contentRegions', await maskFile(content.regions, `${stem(content.file.name)}-regions.png`));
  }
  if (styles.some(({ regions }) => regions)) {
    // One for each style, in their order, so that it is clear whose it is.
    for (const { file, regions } of styles) {
      // All of it is one region: with its colour, or with whatever was not painted elsewhere.
      if (!regions || regions.whole)
        form.append('styleRegions', regions?.whole ? colours[regions.whole] : BLACK);
      else form.append('styleRegions', await maskFile(regions, `${stem(file.name)}-regions.png`));
    }
  }
  return form;
}

/** What is sent to have a texture made: of the settings, those that it has a use for. */
export function textureOf(texture: Texture, styles: readonly Chosen[], settings: Settings): FormData {
  const form = new FormData();
  for (const { file } of styles) form.append('style', file, file.name);
  form.append('texture', JSON.stringify(texture));
  const useful = Object.entries(settings).filter(([name]) => controls.properties[name]?.ofTexture);
  form.append('settings', JSON.stringify(fitting(Object.fromEntries(useful), styles.length)));
  return form;
}

/** Settings of another painting may mix another number of styles; then they count alike, as the easel shows. */
function fitting(settings: Settings, styles: number): Settings {
  const { styleMix, ...others } = compact(settings);
  return Array.isArray(styleMix) && styleMix.length === styles ? { ...others, styleMix } : others;
}

/** What is sent to have a painting painted on from where it is. */
export function orderFrom(id: string, settings: Settings, history: number | undefined): FormData {
  const form = new FormData();
  form.append('from', id);
  if (history !== undefined) form.append('history', String(history));
  form.append('settings', JSON.stringify(compact(settings)));
  return form;
}

/** What is sent to have a painting explained. */
export function explanationOf(id: string): FormData {
  const form = new FormData();
  form.append('from', id);
  form.append('explain', '{}');
  return form;
}
