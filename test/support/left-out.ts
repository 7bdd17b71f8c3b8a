import { relative } from 'node:path'
import { beforeEach } from 'vitest'

/** Skips tests by file: a part of their titles, of all if it is empty, and the reason. */
export function leaveOut(tests: Record<string, Record<string, string>>): void {
  beforeEach(({ task, skip }) => {
    const file = relative(process.cwd(), task.file.filepath)
    const found = Object.entries(tests[file] ?? {}).find(([name]) => task.name.includes(name))
    if (found) skip(found[1])
  })
}
