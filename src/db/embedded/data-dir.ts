import { chmod, chown, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Owner } from './unprivileged.ts'

/**
 * Creates the data directory if it is missing, closed to all other users. As root, the group of PostgreSQL's account
 * may pass through the created directories, without listing them. A directory that exists keeps the mode that its
 * administrator gave it.
 */
export async function makeDataDir(dataDir: string, owner: Owner | undefined): Promise<void> {
  const first = await mkdir(dataDir, { recursive: true, mode: 0o700 })
  if (first === undefined || !owner) return
  for (let dir = dataDir; dir.length >= first.length; dir = dirname(dir)) {
    await chown(dir, process.getuid?.() ?? 0, owner.gid)
    await chmod(dir, 0o710)
  }
}
