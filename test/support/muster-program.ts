import { join } from 'node:path'
import { isFull } from './sample.ts'

const ROOT = join(import.meta.dirname, '..', '..')

/**
 * The entry point of `muster`: what scripts/test.js has built, and with MUSTER_TEST_FULL=1 as a package contains it;
 * otherwise the sources.
 */
export const MUSTER: readonly string[] = process.env.MUSTER_TEST_BUILT
  ? [join(ROOT, isFull ? 'dist' : 'dist-test', 'main.js')]
  : ['--import', 'tsx', join(ROOT, 'src', 'main.ts')]
