import { resolve } from 'node:path'
import { writeBackup } from '../backup/write-backup.ts'
import { type Command, withEnv } from './command.ts'

export const backupCommand: Command = {
  summary: 'Write a backup of everything, while the server runs',
  operands: 'DIRECTORY',
  help: `
  --without-artifacts   leave out the artifacts' files (where they are kept and backed up elsewhere)

DIRECTORY is made; it appears when the backup is complete. It holds the database as of one moment, the artifacts, and the
secrets by which tokens are signed: keep it as safe as the server. muster restore takes it, also on another machine, another
PostgreSQL, or with a newer Muster.`,
  options: { 'without-artifacts': { type: 'boolean' } },
  async run(values, [directory = '']) {
    const dir = resolve(directory)
    const wanted = { dir, with_artifacts: values['without-artifacts'] !== true }
    const { tables, artifacts } = await withEnv((env) => writeBackup(env, wanted))
    const rows = tables.reduce((sum, table) => sum + table.rows, 0)
    console.log(`${dir}: ${rows} rows${artifacts ? ` and ${artifacts.length} artifacts` : ', no artifacts'}`)
    return 0
  },
}
