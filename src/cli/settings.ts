import { type Settings, settingsSchema, UserError } from '../node/index.ts';

/** The settings that have an option, with the option's name. */
export const settingOptions = {
  size: '--size',
  network: '--network',
  preset: '--preset',
  scales: '--scales',
  steps: '--steps',
  contentWeight: '--content-weight',
  styleWeight: '--style-weight',
  tvWeight: '--tv-weight',
  strength: '--strength',
  styleMix: '--style-mix',
  styleScale: '--style-scale',
  color: '--color',
  styleLoss: '--style-loss',
  contentTaps: '--content-taps',
  styleTaps: '--style-taps',
  projection: '--projection',
  pooling: '--pooling',
  optimizer: '--optimizer',
  init: '--init',
  seed: '--seed',
} as const satisfies Partial<Record<keyof Settings, string>>;

export type SettingWithOption = keyof typeof settingOptions;

/** What the words of an option mean: how each kind of setting is written on the command line. */
const written: Partial<Record<SettingWithOption, (text: string) => unknown>> = {
  size: number,
  scales: numbers,
  steps: numbers,
  contentWeight: number,
  styleWeight: number,
  tvWeight: number,
  strength: number,
  styleMix: numbers,
  styleScale: number,
  contentTaps: taps,
  styleTaps: taps,
  projection: number,
  seed: number,
};

/**
 * The parser of a setting's option.
 * @throws UserError naming the option, when the words make no sense
 */
export function parseSetting<K extends SettingWithOption>(name: K): (text: string) => Settings[K] {
  return (text) => {
    const value = (written[name] ?? String)(text);
    const result = settingsSchema.shape[name].safeParse(value);
    if (result.success) return result.data as Settings[K];
    throw new UserError(`${settingOptions[name]} ${result.error.issues[0]?.message}, not "${text}".`);
  };
}

/** The words for a setting on a command line: what its parser understands. */
export function writeSetting(value: Settings[keyof Settings]): string {
  if (Array.isArray(value)) return value.join(',');
  if (typeof value !== 'object') return String(value);
  const entries = Object.entries(value);
  if (entries.every(([, weight]) => weight === 1)) return entries.map(([tap]) => tap).join(',');
  return entries.map(([tap, weight]) => `${tap}:${weight}`).join(',');
}

function number(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

function numbers(text: string): number[] {
  return text.split(',').map(number);
}

/** `conv1,2a` or, with weights, `conv1:1,2c:0.5`. */
function taps(text: string): Record<string, number> {
  const entries = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part): [string, number] => {
      const [name = '', weight = '1', ...rest] = part.split(':');
      return [name.trim(), rest.length === 0 ? number(weight) : Number.NaN];
    });
  return Object.fromEntries(entries);
}
