import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export default defineConfig({
  root: here('.'),
  // Relative addresses: the page works wherever a proxy puts it.
  base: './',
  plugins: [svelte({ configFile: false })],
  build: {
    outDir: here('../dist/studio'),
    emptyOutDir: true,
    target: 'es2022',
    // The page's content security policy knows neither inline scripts nor data addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Whoever paints for the first time need not hear how long a slow machine took to build the page.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
});
