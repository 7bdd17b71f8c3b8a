import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PACKAGE_DIR } from './package-dir.ts'

export const VERSION: string = JSON.parse(readFileSync(join(PACKAGE_DIR, 'package.json'), 'utf8')).version
