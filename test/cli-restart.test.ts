import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { pullModel, writePicture } from '../src/node/index.ts';
import { start } from './support/cli.ts';
import { testFolder, waves } from './support/pictures.ts';

const folder = testFolder();
const content = join(folder, 'content.png');
const paint = ['paint', content, '--style', content, '-o', 'a.png', '--json', '--scales', '64', '--steps'];

beforeAll(async () => {
  await writePicture(content, waves(80, 60));
  await pullModel('resnet50');
}, 600_000);

/** The variables of the allocator in the environment that the process began with. */
function allocatorOf(pid: number | undefined): string[] {
  const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  return variables.filter((variable) => variable.startsWith('MALLOC_')).sort();
}

// Elsewhere processes and allocators are others.
describe.skipIf(process.platform !== 'linux')('the process of a painting', () => {
  it('has an allocator that keeps what is freed, and the streams that it began with', async () => {
    const running = start([...paint, '5000'], { cwd: folder });
    await running.until(/"event":"step"/);
    expect(allocatorOf(running.child.pid)).toEqual([
      'MALLOC_ARENA_MAX=1',
      'MALLOC_MMAP_MAX_=0',
      'MALLOC_TRIM_THRESHOLD_=1099511627776',
    ]);
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.outcome;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    expect(stdout.trimEnd().split('\n').at(-1)).toContain('"event":"done"');
  });

  it('keeps to what its environment says of the allocator', async () => {
    const running = start([...paint, '5000'], { cwd: folder, env: { MALLOC_ARENA_MAX: '2' } });
    await running.until(/"event":"step"/);
    expect(allocatorOf(running.child.pid)).toEqual(['MALLOC_ARENA_MAX=2']);
    running.child.kill('SIGKILL');
    await running.outcome;
  });
});
