import { bounded } from '../../client/bounded.ts'
import { ServerError } from '../../client/server-error.ts'
import type { Values } from '../command.ts'
import { printable } from './print.ts'

const CONCURRENCY = 8

type Work = { verb: string; json: Values['json']; work: (id: string) => Promise<unknown> }

/** Runs `work` for each ID. The exit code is 1 if the server rejects one of them; the others are done nevertheless. */
export async function forEach(ids: readonly string[], { verb, json, work }: Work): Promise<number> {
  const done = await bounded(CONCURRENCY, [...new Set(ids)], async (id) => {
    try {
      await work(id)
      return id
    } catch (error) {
      if (!(error instanceof ServerError) || error.status === undefined || error.code === 'unauthorized') throw error
      console.error(printable(`${id}: ${error.message}`))
      return undefined
    }
  })
  const succeeded = done.filter((id) => id !== undefined)
  if (json) console.log(JSON.stringify({ [verb]: succeeded }))
  else for (const id of succeeded) console.log(printable(`${id} ${verb}`))
  return succeeded.length === done.length ? 0 : 1
}
