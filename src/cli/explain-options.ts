import type { Command } from 'commander';
import {
  checkExplainNumber,
  EXPLAIN_SIZE,
  EXPLAIN_TAPS_WORDS,
  type ExplainChoices,
  explainNumbers,
  UserError,
} from '../node/index.ts';
import { addRunOptions, addSettings, LOOK, NETWORK, type PaintCommandOptions } from './paint-options.ts';

/** What `velatura explain` was told. */
export interface ExplainCommandOptions
  extends Omit<PaintCommandOptions, 'preview' | 'json' | 'history' | 'historyEvery' | 'force'>,
    ExplainChoices {}

const examples = `
Examples:
  $ velatura explain town.jpg --style swirls.jpg
      paints, and writes town-swirls.html
  $ velatura explain town.jpg --style swirls.jpg --taps conv1,3d,4f --maps 16 -o report.html
      more feature maps, of fewer layers
  $ velatura explain town.jpg --style swirls.jpg --like town-swirls.png --size 256
      how a painting of before came about, in small
`;

export function addExplainOptions(command: Command): Command {
  command
    .optionsGroup('Pictures:')
    .option('--style <pictures...>', 'the picture in whose style to paint (required), or several')
    .option('-o, --output <file>', 'the page to write, an .html (default: <content>-<style>.html)');
  addSettings(command, ['init']);
  command.option('--like <painting>', 'take the settings of that painting as defaults');

  command
    .optionsGroup('What to look into:')
    .option('--taps <list>', `${EXPLAIN_TAPS_WORDS} (default: the last of each size of maps)`, taps);
  number(command, 'maps', 'number');
  number(command, 'channels', 'number');

  addSettings(command.optionsGroup('Size and time:'), ['size', 'scales', 'steps'], EXPLAIN_SIZE);
  number(command, 'reconstructionSize', 'pixels');
  number(command, 'reconstructionSteps', 'number');
  addRunOptions(command);
  addSettings(command.optionsGroup('Look:'), LOOK);
  addSettings(command.optionsGroup('Network:'), NETWORK);
  return command
    .optionsGroup('What is shown:')
    .option('--quiet', 'nothing but the path of the report, and errors')
    .option('--debug', 'show where in the program an error came from')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', examples);
}

/** The options of what is looked into, by its name in the library. */
export const explainOptionNames = {
  taps: '--taps',
  maps: '--maps',
  channels: '--channels',
  reconstructionSize: '--reconstruction-size',
  reconstructionSteps: '--reconstruction-steps',
} as const satisfies Record<keyof ExplainChoices, string>;

function number(command: Command, name: keyof typeof explainNumbers, placeholder: string): void {
  const option = explainOptionNames[name];
  const { words, usual } = explainNumbers[name];
  command.option(`${option} <${placeholder}>`, `${words} (default: ${usual})`, (text: string) =>
    checkExplainNumber(name, text.trim() === '' ? Number.NaN : Number(text), option, `"${text}"`),
  );
}

/** `conv1,3d` */
function taps(text: string): string[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length > 0) return names;
  throw new UserError('--taps must name at least one tap.');
}
