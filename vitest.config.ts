import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Two files at a time at most: each painting already uses every core.
    maxWorkers: 2,
    testTimeout: 30_000,
  },
});
