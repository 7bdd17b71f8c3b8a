import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')

/**
 * The entry point of `muster`: the built program if scripts/test.js has built it, which halves the CPU time of the
 * start; otherwise the sources.
 */
export const MUSTER: readonly string[] = process.env.MUSTER_TEST_BUILT
  ? [join(ROOT, 'dist', 'main.js')]
  : ['--import', 'tsx', join(ROOT, 'src', 'main.ts')]
