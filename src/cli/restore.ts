import { resolve } from 'node:path'
import { migrationsOf, readManifest } from '../backup/manifest.ts'
import { restoreBackup } from '../backup/restore-backup.ts'
import { readConfig } from '../config.ts'
import type { Command } from './command.ts'

export const restoreCommand: Command = {
  summary: 'Restore a backup into an empty database',
  operands: 'DIRECTORY',
  help: `
DIRECTORY is a backup written by "muster backup". Restore it before the first start of the server, into a new
MUSTER_DATA_DIR or, with DATABASE_URL, into an empty database. If a restore is interrupted, run the command again.`,
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
