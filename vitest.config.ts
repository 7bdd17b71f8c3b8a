import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/support/longest-first.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'src/**/*.test.ts'],
    globalSetup: 'test/support/database.ts',
    setupFiles: [
      'test/support/leaks.ts',
      ...(Number(process.env.MUSTER_TEST_SERVERS) > 1 ? ['test/support/not-behind-balancer.ts'] : []),
      ...(process.env.MUSTER_TEST_CITUS_URL ? ['test/support/not-on-cluster.ts'] : []),
    ],
    // Far beyond what a busy machine takes: a limit ends a test that hangs, and measures nothing.
    testTimeout: process.env.MUSTER_TEST_FULL === '1' ? 1_800_000 : 300_000,
    // The database of a test is copied on each machine of a cluster.
    hookTimeout: process.env.MUSTER_TEST_CITUS_URL ? 900_000 : 300_000,
    expect: { poll: { timeout: 60_000 } },
    // More than CI has processors: files of browsers, clients and servers use half a processor to two thirds of one.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // Importing the server takes 3.7 s of processor time: once in each worker, not once in each of 120 files. What a file leaves behind
    // in the process fails it (test/support/leaks.ts).
    isolate: false,
  },
})
