import { api, sentenceOf } from './api.ts';
import type { Controls, ExplainControls, NetworkEntry, Schema } from './contract.ts';

/** What can be turned, as the server describes it; empty until it did. */
export const controls = $state<{
  properties: Controls['properties'];
  explain: ExplainControls;
  networks: readonly NetworkEntry[];
  error: string;
}>({
  properties: {},
  explain: { choices: { properties: {} }, defaults: {} },
  networks: [],
  error: '',
});

export async function loadControls(): Promise<void> {
  try {
    const asked = [api.controls(), api.explainControls(), api.networks()] as const;
    const [{ properties }, explain, networks] = await Promise.all(asked);
    Object.assign(controls, { properties, explain, networks, error: '' });
  } catch (error) {
    controls.error = sentenceOf(error);
  }
}

/** What the page says itself about a few controls, since most people meet only these. */
export const FIRST = ['strength', 'styleScale', 'color', 'size'] as const;

const groups: readonly (readonly [string, readonly string[]])[] = [
  ['How it looks', ['preset', 'contentWeight', 'styleWeight', 'tvWeight', 'edges', 'soft', 'margin']],
  ['Where it starts', ['init', 'seed']],
  ['Size and time', ['size', 'scales', 'steps', 'optimizer']],
  [
    'What the network compares',
    ['network', 'styleTaps', 'contentTaps', 'styleLoss', 'projection', 'pooling', 'losses'],
  ],
];

/**
 * Those behind "More", group by group; what the page does not know by name comes last. The size is there for any number.
 * @param texture whether only those that a texture has a use for
 */
export function moreControls(
  properties: Controls['properties'],
  texture: boolean,
): [string, [string, Schema][]][] {
  const known = new Set<string>([...FIRST, 'styleMix', ...groups.flatMap(([, names]) => names)]);
  const others = Object.keys(properties).filter((name) => !known.has(name));
  return [...groups, ['Others', others] as const]
    .map(([title, names]): [string, [string, Schema][]] => [
      title,
      names.flatMap((name): [string, Schema][] => {
        const schema = properties[name];
        return schema && (!texture || schema.ofTexture) ? [[name, schema]] : [];
      }),
    ])
    .filter(([, list]) => list.length > 0);
}

/** The settings with the defaults that count, which are others where it is an explanation that is asked for. */
export function settingsFor(explain: boolean): Controls['properties'] {
  if (!explain) return controls.properties;
  return Object.fromEntries(
    Object.entries(controls.properties).map(([name, schema]) => [
      name,
      { ...schema, default: controls.explain.defaults[name] ?? schema.default },
    ]),
  );
}

/** How a setting is shown and changed. */
export type Kind = 'choice' | 'switch' | 'number' | 'numbers' | 'names' | 'weights' | 'text';

export function kindOf({ enum: choices, type, items }: Schema): Kind {
  if (choices) return 'choice';
  if (type === 'boolean') return 'switch';
  if (type === 'array') return items?.type === 'string' ? 'names' : 'numbers';
  if (type === 'object') return 'weights';
  return type === 'integer' || type === 'number' ? 'number' : 'text';
}

/**
 * The value that a person typed, or undefined for nothing.
 * @throws Error with a sentence when it cannot be read
 */
export function readSetting(kind: Kind, text: string): unknown {
  if (text.trim() === '') return undefined;
  if (kind === 'number') return readNumber(text);
  if (kind === 'numbers') return text.split(',').map((part) => readNumber(part, 'numbers'));
  if (kind === 'names') return readNames(text);
  if (kind === 'weights') return Object.fromEntries(text.split(',').map(readWeight));
  return text.trim();
}

function readNumber(text: string, kind = 'a number'): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new Error(`This must be ${kind}, not "${text.trim()}".`);
}

function readNames(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** `2a` or, with a weight, `2a:0.5`. */
function readWeight(text: string): [string, number] {
  const [name = '', weight = '1', ...rest] = text.split(':');
  if (name.trim() === '' || rest.length > 0) throw new Error('This must be names, as in conv1:1,2c:0.5.');
  return [name.trim(), readNumber(weight)];
}
