import { join } from 'node:path'

/** Where package.json is: the parent of src, of dist, and of the directory of the program that tests start. */
export const PACKAGE_DIR: string = join(import.meta.dirname, '..')
