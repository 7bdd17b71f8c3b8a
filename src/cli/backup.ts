import { resolve } from 'node:path'
import { writeBackup } from '../backup/write-backup.ts'
import { counted } from '../texts/numbers.ts'
import { type Command, withEnv } from './command.ts'

export const backupCommand: Command = {
  summary: 'Back up the database, artifacts and secrets while the server runs',
  operands: 'DIRECTORY',
  help: `
  --without-artifacts   leave out the artifact files, if they are stored and backed up elsewhere

DIRECTORY is created once the backup is complete. It holds a consistent snapshot of the database, the artifacts, and the
secrets that sign tokens: protect it like the server itself. "muster restore" restores it, also on another machine, with
another PostgreSQL, or with a newer version of Muster.`,
  options: { 'without-artifacts': { type: 'boolean' } },
  async run(values, [directory = '']) {
    const dir = resolve(directory)
    const options = { dir, with_artifacts: values['without-artifacts'] !== true }
    const { tables, artifacts } = await withEnv((env) => writeBackup(env, options))
    const rows = counted(
      tables.reduce((sum, table) => sum + table.rows, 0),
      'row',
    )
    console.log(
      `Backed up ${rows} and ${artifacts ? counted(artifacts.length, 'artifact') : 'no artifacts'} to ${dir}.`,
    )
    return 0
  },
}
