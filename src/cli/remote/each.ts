import { bounded } from '../../client/bounded.ts'
import { ServerError } from '../../client/server-error.ts'
import type { Values } from '../command.ts'
import { printable } from './print.ts'

const AT_ONCE = 8

type Work = { verb: string; json: Values['json']; work: (id: string) => Promise<unknown> }

/** Does the same to each id. One that is refused does not keep the others from it; then the exit code is 1. */
export async function forEach(ids: readonly string[], { verb, json, work }: Work): Promise<number> {
  const done = await bounded(AT_ONCE, [...new Set(ids)], async (id) => {
    try {
      await work(id)
      return id
    } catch (error) {
      if (!(error instanceof ServerError) || error.status === undefined || error.code === 'unauthorized') throw error
      console.error(printable(`${id}: ${error.message}`))
      return undefined
    }
  })
  const good = done.filter((id) => id !== undefined)
  if (json) console.log(JSON.stringify({ [verb]: good }))
  else for (const id of good) console.log(printable(`${id} ${verb}`))
  return good.length === done.length ? 0 : 1
}
