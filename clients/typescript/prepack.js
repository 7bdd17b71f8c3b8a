import { execFileSync } from 'node:child_process'
import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const HERE = import.meta.dirname
const ROOT = join(HERE, '..', '..')

rmSync(join(HERE, 'dist'), { recursive: true, force: true })
execFileSync(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', HERE], {
  stdio: 'inherit',
})
copyFileSync(join(ROOT, 'LICENSE'), join(HERE, 'LICENSE'))
