import { createEngine } from 'velatura';
import { serve } from './protocol.ts';
import { readScene } from './scene.ts';
import { stepOf } from './step-of.ts';

/* `tsx bench/velatura.ts <scene>`: one step in Velatura. */

await serve(await stepOf(await readScene(process.argv[2] as string), createEngine()));
