import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { testFolder } from './support/pictures.ts';

/** Bundles some code that imports the core, as a web page would, and lists every module that ends up in it. */
async function bundled(code: string) {
  const { metafile } = await build({
    stdin: { contents: code, resolveDir: fileURLToPath(new URL('..', import.meta.url)) },
    platform: 'browser',
    format: 'esm',
    bundle: true,
    splitting: true,
    minify: true,
    metafile: true,
    write: false,
    outdir: 'out',
    logLevel: 'silent',
  });
  const inputs = Object.values(metafile.inputs);
  const imports = inputs.flatMap((input) => input.imports.map(({ path }) => path));
  return { modules: [...Object.keys(metafile.inputs), ...imports], outputs: metafile.outputs };
}

const foreign = (path: string) =>
  path.startsWith('node:') ||
  builtinModules.includes(path) ||
  /onnxruntime|[\\/]sharp[\\/]|dist[\\/](node|cli)[\\/]/.test(path);

describe('the core', () => {
  it('bundles for a browser, with nothing in it from Node or an engine', async () => {
    const { modules } = await bundled(`export * from 'velatura/core'`);
    expect(modules.some((path) => path.includes('dist/core/paint/paint.js'))).toBe(true);
    expect(modules.filter(foreign)).toEqual([]);
  });

  it('would be caught with something from Node or an engine in it', async () => {
    await expect(bundled(`import 'node:fs'; export * from 'velatura/core'`)).rejects.toThrow(/node:fs/);
    await expect(bundled(`export * from 'velatura'`)).rejects.toThrow();
    expect(foreign('node_modules/onnxruntime-node/dist/index.js')).toBe(true);
  });

  it('loads the reader of HDF5 files only where one is read', async () => {
    const { outputs } = await bundled(`export { readKeras } from 'velatura/core'`);
    const withModule = (part: string) =>
      Object.entries(outputs).find(([, { inputs }]) =>
        Object.keys(inputs).some((path) => path.includes(part)),
      );
    const [library] = withModule('h5wasm') ?? [];
    const [, reader] = withModule('dist/core/weights/keras.js') ?? [];
    expect(library).toBeDefined();
    expect(reader?.imports.filter(({ path }) => path === library).map(({ kind }) => kind)).toEqual([
      'dynamic-import',
    ]);
  });
});

describe('the declarations', () => {
  const folder = testFolder();
  const here = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

  it("are right by TypeScript's own defaults, and so are the examples of README", () => {
    const examples = [...readFileSync(here('README.md'), 'utf8').matchAll(/```ts\n(.*?)```/gs)];
    expect(examples.length).toBe(2);
    mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true });
    symlinkSync(here('.'), join(folder, 'node_modules', 'velatura'), 'junction');
    symlinkSync(here('node_modules/@types/node'), join(folder, 'node_modules', '@types', 'node'), 'junction');
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const files = examples.map(([, code = ''], i) => {
      writeFileSync(join(folder, `${i}.ts`), `declare const weights: Float32Array;\n${code}`);
      return `${i}.ts`;
    });
    const options = ['--noEmit', '--strict', '--target', 'es2023', '--module', 'nodenext'];
    const compiler = here('node_modules/typescript/bin/tsc');
    const { status, stdout } = spawnSync(process.execPath, [compiler, ...options, ...files], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });
});
