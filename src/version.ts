import { readFileSync } from 'node:fs'
import { join } from 'node:path'

// The same path from src and from dist.
export const VERSION: string = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')).version
