import { distribute } from '../db/citus/distribute.ts'
import { openPool } from '../db/pool.ts'
import { type Command, UsageError, wholeNumber, withEnv } from './command.ts'

const MAX_SHARDS = 1024

export const distributeCommand: Command = {
  summary: 'Distribute the tables of devices across a Citus cluster',
  help: `
  --shards COUNT        number of shards (32); hard to increase later, while shards can be moved between machines

DATABASE_URL must be the coordinator of the cluster, with the workers added (see docs/operations.md). Stop all servers
and back up first. Existing rows are copied, and are read-only during the copy. If the command is interrupted, run it
again. After an upgrade that adds tables, run it again to distribute them.`,
  options: { shards: { type: 'string' } },
  async run(values) {
    const shards = wholeNumber(values, 'shards', 1) ?? 32
    if (shards > MAX_SHARDS) throw new UsageError(`--shards must be at most ${MAX_SHARDS}`)
    const tables = await withEnv(async ({ database_url, config }) => {
      if (!config.database_url)
        throw new UsageError('DATABASE_URL is required: the embedded database cannot be distributed')
      // One connection without a statement timeout, because copying may take long.
      const db = openPool(database_url, 1)
      return distribute(db, shards).finally(() => db.close())
    })
    console.log(tables.length > 0 ? `Distributed ${tables.join(', ')}.` : 'All tables are already distributed.')
    return 0
  },
}
