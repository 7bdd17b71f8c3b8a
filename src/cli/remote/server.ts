import { type Client, clientOf } from '../../client/client.ts'
import { type Manager, openManager } from '../../client/manager.ts'
import type { Answer } from '../../client/send.ts'
import { requireSuccess } from '../../client/server-error.ts'
import type { Values } from '../command.ts'
import { readConnection } from './connection.ts'
import { explainRefusal } from './explain-refusal.ts'

/** The public API: every call returns a successful response or throws an error with a sentence. */
export type Server = Client

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
  return clientOf({
    get: (path) => call(path, (manager) => manager.get(path)),
    put: (path, body, headers) => call(path, (manager) => manager.put(path, body, headers), body),
    patch: (path, body) => call(path, (manager) => manager.patch(path, body), body),
    post: (path, body) => call(path, (manager) => manager.post(path, body), body),
    create: (path, body, key) => call(path, (manager) => manager.create(path, body, key), body),
    delete: (path) => call(path, (manager) => manager.delete(path)),
    upload: (path, open) => call(path, (manager) => manager.upload(path, open)),
  })
}
