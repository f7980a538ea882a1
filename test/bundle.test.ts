import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

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
