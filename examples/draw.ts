/**
 * Draws the example pictures into examples/pictures/: all of them, or those named.
 *
 *     npx tsx examples/draw.ts
 *     npx tsx examples/draw.ts swirls poppies
 */
import { fileURLToPath } from 'node:url';
import { type Picture, save } from './drawing/picture.ts';

const pictures: Record<string, () => Promise<Picture>> = {
  townscape: async () => (await import('./drawing/townscape.ts')).townscape(),
  portrait: async () => (await import('./drawing/portrait.ts')).portrait(),
  swirls: async () => (await import('./drawing/swirls.ts')).swirls(),
  poppies: async () => (await import('./drawing/poppies.ts')).poppies(),
  cubes: async () => (await import('./drawing/cubes.ts')).cubes(),
};

const named = process.argv.slice(2);
for (const name of named.length > 0 ? named : Object.keys(pictures)) {
  const draw = pictures[name];
  if (!draw) {
    console.error(`There is no picture "${name}"; there are ${Object.keys(pictures).join(', ')}.`);
    process.exitCode = 1;
    continue;
  }
  const begun = performance.now();
  const file = fileURLToPath(new URL(`./pictures/${name}.jpg`, import.meta.url));
  await save(await draw(), file);
  console.log(`${name}.jpg  ${((performance.now() - begun) / 1000).toFixed(1)} s`);
}
