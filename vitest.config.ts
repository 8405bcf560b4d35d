import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'src/**/*.test.ts',
      'src/**/*.test.tsx',
      'test/**/*.test.ts',
      'scripts/**/*.test.ts',
      'bench/**/*.test.ts',
    ],
    reporters: ['default', './scripts/reporter.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
