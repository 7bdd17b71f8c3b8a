import { distribute } from '../db/citus/distribute.ts'
import { openPool } from '../db/pool.ts'
import { type Command, UsageError, wholeNumber, withEnv } from './command.ts'

const MOST_SHARDS = 1024

export const distributeCommand: Command = {
  summary: 'Spread the tables of devices over the machines of a Citus cluster',
  help: `
  --shards N           pieces, which can be moved between machines later but hardly made more: 32 if not given

DATABASE_URL is the cluster's coordinator, which has its workers already (docs/operations.md says how to get there). Stop all
servers and back up first. It copies what is there, which is read-only meanwhile. Interrupted, run it again; run again later, it
spreads what newer versions have added.`,
  options: { shards: { type: 'string' } },
  async run(values) {
    const shards = wholeNumber(values, 'shards', 1) ?? 32
    if (shards > MOST_SHARDS) throw new UsageError(`--shards must be at most ${MOST_SHARDS}`)
    const tables = await withEnv(async ({ database_url, config }) => {
      if (!config.database_url) throw new UsageError('DATABASE_URL is needed: the embedded database is one machine')
      // One connection, which waits for as long as copying takes.
      const db = openPool(database_url, 1)
      return distribute(db, shards).finally(() => db.close())
    })
    console.log(tables.length > 0 ? `Spread ${tables.join(', ')}.` : 'All tables were spread already.')
    return 0
  },
}
