import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { withBasePath } from './base-path.ts'
import { setServerTime } from './clock.ts'
import type { Deployment } from './deployments.ts'
import type { Listed } from './http.ts'
import { useMay } from './session.ts'

/** `at`: the data is complete up to this time, by the clock of this computer. */
export type Live = { connected: boolean; at: number }

/** Query keys that the event stream invalidates: lists, the overview, one deployment, and the devices of one. */
export const LISTS = ['deployments', 'list']
export const OVERVIEW = ['deployments', 'overview']
export const oneKey = (id: string) => ['deployments', 'one', id]
export const devicesKey = (id: string) => ['deployments', 'devices', id]

const PATH = '/api/management/v2/deployments/events'
/** The server sends something at least this often. */
const SILENCE_MS = 20_000
/** The delay after a rejected stream. Meanwhile, the pages poll. */
const RETRY_MS = 30_000
/** Lists and tables are refetched at most this often. */
const INVALIDATE_MS = 2_000

let live: Live = { connected: false, at: 0 }
let users = 0
let source: EventSource | undefined
let timer: ReturnType<typeof setTimeout> | undefined
const listeners = new Set<() => void>()

/** Keeps deployments up to date while the tab is visible, with one stream for all pages. */
export function useLive(): Live {
  const queries = useQueryClient()
  const enabled = useMay()('read_deployments')
  useEffect(() => (enabled ? connect(queries) : undefined), [queries, enabled])
  return useSyncExternalStore(subscribe, () => live)
}

function subscribe(listener: () => void) {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function publish(next: Live) {
  if (next.connected === live.connected && !next.connected) return
  live = next
  for (const listener of listeners) listener()
}

function connect(queries: QueryClient) {
  const onVisibilityChange = () => (document.visibilityState === 'visible' ? open(queries) : close())
  if (users++ === 0) onVisibilityChange()
  document.addEventListener('visibilitychange', onVisibilityChange)
  return () => {
    document.removeEventListener('visibilitychange', onVisibilityChange)
    if (--users === 0) close()
  }
}

function open(queries: QueryClient) {
  if (source) return
  const stream = new EventSource(withBasePath(PATH))
  source = stream
  const onActivity = () => {
    publish({ connected: true, at: Date.now() })
    clearTimeout(timer)
    timer = setTimeout(() => reopen(queries, 0), SILENCE_MS)
  }
  stream.addEventListener('open', onActivity)
  stream.addEventListener('sync', ({ data }) => {
    setServerTime((JSON.parse(data) as { time: string }).time)
    onActivity()
  })
  stream.addEventListener('deployment', ({ data }) => {
    onActivity()
    applyDeployment(queries, JSON.parse(data) as Deployment)
  })
  // Events may have been missed: cached data may be stale.
  stream.addEventListener('reset', () => invalidate(queries, ['deployments']))
  stream.addEventListener('error', () => {
    publish({ connected: false, at: 0 })
    if (stream.readyState === EventSource.CLOSED) reopen(queries, RETRY_MS)
  })
}

function close() {
  clearTimeout(timer)
  source?.close()
  source = undefined
  publish({ connected: false, at: 0 })
}

function reopen(queries: QueryClient, delay_ms: number) {
  close()
  timer = setTimeout(() => {
    if (users > 0 && document.visibilityState === 'visible') open(queries)
  }, delay_ms)
}

/** Updates a deployment in all cached data, and invalidates lists that it may have entered or left. */
function applyDeployment(queries: QueryClient, deployment: Deployment) {
  const { id } = deployment
  queries.setQueryData<Deployment>(oneKey(id), (known) => known && deployment)
  // A response that is awaited may have been read before the event, and would replace it.
  for (const key of [oneKey(id), LISTS]) if (queries.isFetching({ queryKey: key }) > 0) invalidate(queries, key)
  for (const [key, listed] of queries.getQueriesData<Listed<Deployment>>({ queryKey: LISTS })) {
    if (!listed) continue
    const known = listed.rows.find((row) => row.id === id)
    if (!known || known.status !== deployment.status) invalidate(queries, LISTS)
    if (!known) continue
    queries.setQueryData(key, { ...listed, rows: listed.rows.map((row) => (row.id === id ? deployment : row)) })
  }
  invalidate(queries, OVERVIEW)
  invalidate(queries, devicesKey(id))
}

const pendingKeys = new Map<string, readonly string[]>()

/** Collects keys for `INVALIDATE_MS`, then invalidates all of them. */
function invalidate(queries: QueryClient, queryKey: readonly string[]) {
  if (pendingKeys.size === 0)
    setTimeout(() => {
      const keys = [...pendingKeys.values()]
      pendingKeys.clear()
      for (const key of keys) void refetch(queries, key)
    }, INVALIDATE_MS)
  pendingKeys.set(queryKey.join(), queryKey)
}

/** Cancels requests that are in flight, except those for the first data of a query: these are repeated. */
async function refetch(queries: QueryClient, queryKey: readonly string[]) {
  const isFirst = queries.isFetching({ queryKey, predicate: ({ state }) => state.data === undefined }) > 0
  await queries.invalidateQueries({ queryKey })
  if (isFirst) await queries.invalidateQueries({ queryKey })
}
