import type { Logger } from 'pino'
import type { Blobs } from './blobs/blobs.ts'
import type { Config } from './config.ts'
import type { Database } from './db/db.ts'

/** The dependencies of every use case. `secret` signs tokens and links; `now` is the only clock. */
export type Env = {
  config: Config
  db: Database
  blobs: Blobs
  secret: Buffer
  now: () => Date
  log: Logger
}

export const nowText = (env: Pick<Env, 'now'>): string => env.now().toISOString()
