import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')

/**
 * What Node.js runs as `muster`: the built program if scripts/test.js has built it, which starts with half of the processor time;
 * otherwise the sources.
 */
export const MUSTER: readonly string[] = process.env.MUSTER_TEST_BUILT
  ? [join(ROOT, 'dist', 'main.js')]
  : ['--import', 'tsx', join(ROOT, 'src', 'main.ts')]
