import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
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
    // A page that loads anew on a busy machine takes more than the second that is given by default.
    expect: { poll: { timeout: 10_000 } },
    /**
     * For the threads and processes that tests start: they load our TypeScript as it is, and Node strips its types with a WebAssembly module, in
     * each thread its own. V8 keeps the pages of compiled code of all threads in one register; others report that where threads with WebAssembly
     * come and go at the same time it now and then misses one and ends the process (nodejs/node 64500). That is the likely cause of a SIGTRAP
     * seen once in CI in server.test.ts, which could not be made to happen again. From the cache a module comes stripped and compiled: no
     * WebAssembly after the first thread, and a thread starts in half the time (300 ms of CPU for 650). The release is plain JavaScript and
     * never does this.
     */
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/bakehouse-tests', import.meta.url)) },
    /**
     * One less than the machine has is what is given by default: one on two cores, where half of the time is spent waiting for browsers and for
     * processes that were told to end. Two take 8 minutes there in place of 12.
     */
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
