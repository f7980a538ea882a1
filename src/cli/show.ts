import type { Command } from 'commander';
import {
  architectureNamed,
  DEFAULT_SIZE,
  EXPLAIN_SIZE,
  type ExplainChoices,
  type FoundRecord,
  HISTORY_EVERY,
  listed,
  presetNetworks,
  readRecord,
  resolveSettings,
  type Settings,
  TEXTURE_SETTINGS,
} from '../node/index.ts';
import { explainOptionNames } from './explain-options.ts';
import { type SettingWithOption, settingOptions, writeSetting } from './settings.ts';
import { printable, shellWord } from './text.ts';

/** `velatura show`: how a painting was painted. */
export function addShow(program: Command): void {
  program
    .command('show')
    .summary('show how a painting was painted')
    .description('Shows the settings that a painting carries, and the command that would paint it again.')
    .argument('<painting>', 'a picture that Velatura painted')
    .option('--json', 'as one JSON object')
    .option('--debug', 'show where in the program an error came from')
    .helpOption('-h, --help', 'show this help')
    .action(show);
}

async function show(painting: string, { json }: { json?: boolean }): Promise<void> {
  const record = await readRecord(painting);
  const command = commandFor(record, painting);
  const text = json ? plainJson({ ...record, command }) : describe(record, painting, command);
  process.stdout.write(`${text}\n`);
}

function describe(record: FoundRecord, painting: string, command: string): string {
  const { program, content, style, texture, stopped, settings } = record;
  const rows = Object.entries(settings).map(
    ([name, value]) =>
      `  ${label(name).padEnd(16)}${writeSetting(value).replaceAll(',', ', ') || 'equal parts'}`,
  );
  return [
    `${painting}, painted by ${program}`,
    ...(texture && style ? [`a texture of ${listed(style)}`] : []),
    ...(content && style ? [`${content} in the style of ${listed(style)}`] : []),
    ...(stopped ? [`stopped at step ${stopped.step} of ${stopped.steps} of scale ${stopped.scale}`] : []),
    '',
    ...rows,
    '',
    stopped ? 'To paint it to its end:' : 'To paint it again:',
    `  ${command}`,
  ]
    .map(printable)
    .join('\n');
}

/** JSON that a terminal may show: `JSON.stringify` leaves some control characters as they are. */
function plainJson(value: object): string {
  return JSON.stringify(value).replace(
    /[\x7f-\x9f]/g,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** `contentWeight` as people write it. */
function label(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/**
 * The command line that paints a picture like this one again: with the settings that are not the preset's own, or, where
 * some of them have no option, with the painting as the example.
 * @param history where its history goes, if there is to be one, and how many steps lie between two of its pictures
 */
export function commandFor(
  { settings, content, style, regions, texture }: Omit<FoundRecord, 'program'>,
  painting: string,
  history?: { readonly folder: string; readonly every: number },
): string {
  if (texture) return textureCommand(settings, style ?? ['<style>'], texture);
  const files = (style ?? ['<style>']).map(fileWord);
  const words = ['velatura', 'paint', fileWord(content ?? '<content>'), '--style', ...files];
  if (regions) words.push('--content-regions', fileWord(regions.content));
  if (regions?.style) words.push('--style-regions', ...regions.style.map(fileWord));
  words.push(...settingsWords(settings, painting, DEFAULT_SIZE));
  if (history) words.push('--history', fileWord(history.folder));
  if (history && history.every !== HISTORY_EVERY) words.push('--history-every', String(history.every));
  return commandLine(words);
}

/** The same for an explanation, whose small painting is the example. */
export function explainCommandFor(
  { settings, content, style }: Pick<FoundRecord, 'settings' | 'content' | 'style'>,
  painting: string,
  choices: ExplainChoices,
): string {
  const files = (style ?? ['<style>']).map(fileWord);
  const words = ['velatura', 'explain', fileWord(content ?? '<content>'), '--style', ...files];
  words.push(...settingsWords(settings, painting, EXPLAIN_SIZE));
  for (const [name, option] of Object.entries(explainOptionNames)) {
    const value = choices[name as keyof ExplainChoices];
    if (value !== undefined) words.push(option, String(value));
  }
  return commandLine(words);
}

/** The settings that have to be said, or the example where some of them have no option. */
function settingsWords(settings: Partial<Settings>, painting: string, usualSize: number): string[] {
  const different = differences(settings, usualSize);
  if (!different.every(hasOption)) return ['--like', painting];
  return different.flatMap((name) => [
    settingOptions[name],
    writeSetting(settings[name] as Settings[keyof Settings]),
  ]);
}

function textureCommand(
  settings: Partial<Settings>,
  styles: readonly string[],
  { width, height }: { readonly width: number; readonly height: number },
): string {
  const words = ['velatura', 'texture', ...styles.map(fileWord), '--size', `${width}x${height}`];
  if (settings.edges === 'wrap') words.push('--tileable');
  for (const name of differences(settings, DEFAULT_SIZE).filter((name) =>
    TEXTURE_SETTINGS.some((known) => known === name),
  )) {
    words.push(
      settingOptions[name as SettingWithOption],
      writeSetting(settings[name] as Settings[keyof Settings]),
    );
  }
  return commandLine(words);
}

/** A file's name as the command takes it: one that begins with a dash would be an option. */
function fileWord(file: string): string {
  return file.startsWith('-') ? `./${file}` : file;
}

function commandLine(words: readonly string[]): string {
  return words.map((word) => (/^<\w+>$/.test(word) ? word : shellWord(word))).join(' ');
}

function hasOption(name: string): name is SettingWithOption {
  return name in settingOptions;
}

/** The settings that have to be said: those that the preset would not choose by itself. */
function differences(settings: Partial<Settings>, usualSize: number): (keyof Settings)[] {
  const { preset = 'default', network, size = DEFAULT_SIZE } = settings;
  const usual = usualSettings(preset, network, size);
  const names = (Object.keys(settings) as (keyof Settings)[]).filter((name) => {
    if (name === 'preset') return preset !== 'default';
    if (name === 'network') return network !== presetNetworks[preset];
    if (name === 'size') return size !== usualSize;
    return JSON.stringify(settings[name]) !== JSON.stringify(usual[name]);
  });
  // The last scale is the size.
  return names.includes('scales') ? names.filter((name) => name !== 'size') : names;
}

/** A server tells the commands of many paintings, most of which ask for the same. */
let last: { readonly asked: string; readonly settings: Partial<Settings> } | undefined;

/** What a preset chooses for a network; nothing for a network from a file, which is not known before it is read. */
function usualSettings(
  preset: Settings['preset'],
  network: string | undefined,
  size: number,
): Partial<Settings> {
  const asked = JSON.stringify([preset, network, size]);
  if (last?.asked !== asked) last = { asked, settings: resolved(preset, network, size) };
  return last.settings;
}

function resolved(preset: Settings['preset'], network: string | undefined, size: number): Partial<Settings> {
  try {
    return resolveSettings({ preset, size }, architectureNamed(network ?? presetNetworks[preset]));
  } catch {
    return {};
  }
}
