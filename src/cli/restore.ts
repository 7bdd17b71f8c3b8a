import { resolve } from 'node:path'
import { migrationsOf, readManifest } from '../backup/manifest.ts'
import { restoreBackup } from '../backup/restore-backup.ts'
import { readConfig } from '../config.ts'
import type { Command } from './command.ts'

export const restoreCommand: Command = {
  summary: 'Fill an empty database from a backup',
  operands: 'DIRECTORY',
  help: `
DIRECTORY is what muster backup made. The server must not run yet: restore into a new MUSTER_DATA_DIR, or with DATABASE_URL into an
empty database, then start it. A restore that was cut off is repeated by the same command.`,
  options: {},
  async run(_values, [directory = '']) {
    const dir = resolve(directory)
    const manifest = await readManifest(dir)
    const { openEnv } = await import('../open-env.ts')
    await using env = await openEnv(readConfig(), { exclusive: true, migrations: migrationsOf(manifest) })
    await restoreBackup(env, dir, manifest)
    console.log(`Restored the backup of ${manifest.made}. Start the server with the same settings.`)
    return 0
  },
}
