import { isColor, localPath, type Settings, UserError } from '../node/index.ts';
import { settingsLike } from './like.ts';
import type { PaintCommandOptions } from './paint-options.ts';
import { settingOptions } from './settings.ts';

/** @throws UserError when no style is named */
export function chosenStyles({ style }: PaintCommandOptions): string[] {
  if (style === undefined)
    throw new UserError('Name the picture in whose style to paint with --style <picture>.');
  return style.map(localPath);
}

/** The files and colours that say what is painted where. */
export function chosenRegions({ contentRegions, styleRegions }: PaintCommandOptions): ChosenRegions {
  return {
    ...(contentRegions !== undefined && { contentRegions: localPath(contentRegions) }),
    ...(styleRegions && {
      styleRegions: styleRegions.map((mask) => (isColor(mask) ? mask : localPath(mask))),
    }),
  };
}

export interface ChosenRegions {
  readonly contentRegions?: string;
  readonly styleRegions?: readonly string[];
}

/** The files among them. */
export function regionFiles({ contentRegions, styleRegions = [] }: ChosenRegions): string[] {
  return [contentRegions, ...styleRegions].filter((mask) => mask !== undefined && !isColor(mask)) as string[];
}

/** The settings that were given, over those of the painting that is to be like. */
export async function chosenSettings(options: PaintCommandOptions): Promise<Partial<Settings>> {
  const given = givenSettings(options);
  if (options.like === undefined) return given;
  const { styleMix = [], ...settings } = await settingsLike(options.like, given);
  // A mixture of as many styles as that painting had means nothing for more or fewer.
  const fits = given.styleMix !== undefined || styleMix.length === options.style?.length;
  return fits ? { ...settings, styleMix } : settings;
}

/** The settings among the options of a command. */
export function givenSettings(options: Partial<Settings>): Partial<Settings> {
  const names = Object.keys(settingOptions) as (keyof typeof settingOptions)[];
  return Object.fromEntries(
    names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  );
}
