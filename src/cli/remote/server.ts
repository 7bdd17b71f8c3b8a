import { type Manager, openManager } from '../../client/manager.ts'
import type { Answer } from '../../client/send.ts'
import { requireSuccess } from '../../client/server-error.ts'
import type { Values } from '../command.ts'
import { readConnection } from './connection.ts'
import { explainRefusal } from './explain-refusal.ts'

/** The public API: every call returns a successful response or throws an error with a sentence. */
export type Server = Manager & {
  /** The rows of a list, from all pages, at most `limit`. */
  list<Row>(path: string, query?: Record<string, string | undefined>, limit?: number): Promise<Row[]>
}

const PAGE = 500

/** Reads the connection at the first call, so that usage errors are reported before a missing login. */
export function openServer(values: Values): Server {
  let opened: Promise<Manager> | undefined
  const call = async (path: string, send: (manager: Manager) => Promise<Answer>, body?: unknown): Promise<Answer> => {
    opened ??= readConnection(values).then(openManager)
    try {
      return requireSuccess(await send(await opened))
    } catch (error) {
      throw explainRefusal(error, { path, body })
    }
  }
  const get: Server['get'] = (path) => call(path, (manager) => manager.get(path))
  return {
    get,
    put: (path, body, headers) => call(path, (manager) => manager.put(path, body, headers), body),
    patch: (path, body) => call(path, (manager) => manager.patch(path, body), body),
    post: (path, body) => call(path, (manager) => manager.post(path, body), body),
    create: (path, body, key) => call(path, (manager) => manager.create(path, body, key), body),
    delete: (path) => call(path, (manager) => manager.delete(path)),
    upload: (path, open) => call(path, (manager) => manager.upload(path, open)),
    list: (path, query = {}, limit) =>
      allPages(limit, async (page, per_page) => {
        const defined = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined)
        const parameters = new URLSearchParams([...defined, ['page', String(page)], ['per_page', String(per_page)]])
        return (await get(`${path}?${parameters}`)).body
      }),
  }
}

export async function allPages<Row>(
  limit: number | undefined,
  read: (page: number, per_page: number) => Promise<Row[]>,
): Promise<Row[]> {
  const max = limit ?? Number.POSITIVE_INFINITY
  const per_page = Math.min(PAGE, max)
  const rows: Row[] = []
  for (let page = 1, more = true; more && rows.length < max; page++) {
    const found = await read(page, per_page)
    rows.push(...found)
    more = found.length === per_page
  }
  return rows.slice(0, max)
}

/** The ID at the end of the `Location` header. */
export const idOf = ({ headers }: Answer): string => headers.location?.split('/').at(-1) ?? ''
