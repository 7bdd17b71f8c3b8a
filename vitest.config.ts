import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'src/**/*.test.ts'],
    globalSetup: 'test/support/database.ts',
    setupFiles: Number(process.env.MUSTER_TEST_SERVERS) > 1 ? ['test/support/not-behind-balancer.ts'] : [],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    maxWorkers: 2,
  },
})
