import { addressOf, type Values } from './address.ts'
import { allPages } from './all-pages.ts'
import type { paths } from './api.ts'
import { type Connection, type Manager, openManager } from './manager.ts'
import type { Arguments, CreatingPath, Input, ListPath, Method, PathOf, ResultOf, RowOf } from './operation.ts'
import type { Answer } from './send.ts'
import { requireSuccess } from './server-error.ts'
import type { Upload } from './upload.ts'

export type Response<Body> = Omit<Answer, 'body'> & { body: Body }

/** A response to a creation, with the ID of what was created. */
export type Created<Body> = Response<Body> & { id: string }

type Send<M extends Method> = <Path extends PathOf<M>>(
  path: Path,
  ...input: Arguments<Input<Path, M>>
) => Promise<Response<ResultOf<Path, M>>>

/**
 * The management API, with types for each path. Every method returns a successful response or throws a `ServerError`.
 */
export type Client = {
  get: Send<'get'>
  patch: Send<'patch'>
  post: Send<'post'>
  delete: Send<'delete'>
  put<Path extends PathOf<'put'>>(
    path: Path,
    ...input: Arguments<Input<Path, 'put'> & { if_match?: string | undefined; if_none_match?: '*' | undefined }>
  ): Promise<Response<ResultOf<Path, 'put'>>>
  /**
   * A POST that creates something, with an idempotency key: it is repeated if its answer is lost. Give a `key` to
   * repeat it in another process; it holds for 24 hours.
   */
  create<Path extends CreatingPath>(
    path: Path,
    ...input: Arguments<Input<Path, 'post'> & { key?: string | undefined }>
  ): Promise<Created<ResultOf<Path, 'post'>>>
  /** The rows of all pages, at most `limit`. */
  list<Path extends ListPath>(
    path: Path,
    ...input: Arguments<Input<Path, 'get'> & { limit?: number | undefined }>
  ): Promise<RowOf<Path>[]>
  /** `open` is called for each attempt: an upload is repeated if its answer is lost. */
  upload(path: UploadPath, open: () => Upload): Promise<Created<undefined>>
}

type UploadPath = '/api/management/v1/deployments/artifacts' & keyof paths

/** What the types of an operation permit, without the names. */
type Given = { path?: Values; query?: Values; body?: unknown; key?: string; limit?: number }
type Condition = { if_match?: string; if_none_match?: string }

export const openClient = (connection: Connection): Client => clientOf(openManager(connection))

/** The typed client that sends its requests by `manager`. */
export function clientOf(manager: Manager): Client {
  const get = async (path: string, given: Given = {}) => requireSuccess(await manager.get(addressOf(path, given)))
  return {
    get,
    async put(path: string, { if_match, if_none_match, body, ...given }: Given & Condition = {}) {
      const headers = {
        ...(if_match === undefined ? {} : { 'if-match': if_match }),
        ...(if_none_match === undefined ? {} : { 'if-none-match': if_none_match }),
      }
      return requireSuccess(await manager.put(addressOf(path, given), body, headers))
    },
    patch: async (path: string, given: Given = {}) =>
      requireSuccess(await manager.patch(addressOf(path, given), given.body)),
    post: async (path: string, given: Given = {}) =>
      requireSuccess(await manager.post(addressOf(path, given), given.body)),
    delete: async (path: string, given: Given = {}) => requireSuccess(await manager.delete(addressOf(path, given))),
    create: async (path: string, { body, key, ...given }: Given = {}) =>
      created(await manager.create(addressOf(path, given), body, key)),
    upload: async (path: string, open: () => Upload) => created(await manager.upload(path, open)),
    list: (path: string, { limit, query, ...given }: Given = {}) =>
      allPages(
        limit,
        async (page, per_page) => (await get(path, { ...given, query: { ...query, page, per_page } })).body,
      ),
  } as Client
}

/** The ID is at the end of the `Location` header. */
function created(answer: Answer): Created<unknown> {
  const { headers } = requireSuccess(answer)
  return { ...answer, id: headers.location?.split('/').at(-1) ?? '' }
}
