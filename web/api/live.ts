import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { takeServerTime } from './clock.ts'
import type { Deployment } from './deployments.ts'
import type { Listed } from './http.ts'
import { placed } from './place.ts'
import { useMay } from './session.ts'

/** `at`: until when, by this computer's clock, nothing is missing. */
export type Live = { connected: boolean; at: number }

/** Every list, one deployment, the devices of one: what the stream renews. */
export const LISTS = ['deployments', 'list']
export const OVERVIEW = ['deployments', 'overview']
export const oneKey = (id: string) => ['deployments', 'one', id]
export const devicesKey = (id: string) => ['deployments', 'devices', id]

const PATH = '/api/management/v2/deployments/events'
/** The server is never silent for so long. */
const SILENCE_MS = 20_000
/** After a stream was refused. Until then the pages ask by themselves. */
const AGAIN_MS = 30_000
/** Lists and tables follow at most so often, however much happens. */
const RENEW_MS = 2_000

let live: Live = { connected: false, at: 0 }
let users = 0
let source: EventSource | undefined
let timer: ReturnType<typeof setTimeout> | undefined
const watching = new Set<() => void>()

/** Keeps what is shown of deployments up to date while the tab is visible: one stream for all of it. */
export function useLive(): Live {
  const queries = useQueryClient()
  const enabled = useMay()('read_deployments')
  useEffect(() => (enabled ? follow(queries) : undefined), [queries, enabled])
  return useSyncExternalStore(watch, () => live)
}

function watch(tell: () => void) {
  watching.add(tell)
  return () => watching.delete(tell)
}

function say(next: Live) {
  if (next.connected === live.connected && !next.connected) return
  live = next
  for (const tell of watching) tell()
}

function follow(queries: QueryClient) {
  const turn = () => (document.visibilityState === 'visible' ? open(queries) : close())
  if (users++ === 0) turn()
  document.addEventListener('visibilitychange', turn)
  return () => {
    document.removeEventListener('visibilitychange', turn)
    if (--users === 0) close()
  }
}

function open(queries: QueryClient) {
  if (source) return
  const stream = new EventSource(placed(PATH))
  source = stream
  const heard = () => {
    say({ connected: true, at: Date.now() })
    clearTimeout(timer)
    timer = setTimeout(() => reopen(queries, 0), SILENCE_MS)
  }
  stream.addEventListener('open', heard)
  stream.addEventListener('sync', ({ data }) => {
    takeServerTime((JSON.parse(data) as { time: string }).time)
    heard()
  })
  stream.addEventListener('deployment', ({ data }) => {
    heard()
    take(queries, JSON.parse(data) as Deployment)
  })
  // What is known may be stale: the stream goes on from elsewhere.
  stream.addEventListener('reset', () => renew(queries, ['deployments']))
  stream.addEventListener('error', () => {
    say({ connected: false, at: 0 })
    if (stream.readyState === EventSource.CLOSED) reopen(queries, AGAIN_MS)
  })
}

function close() {
  clearTimeout(timer)
  source?.close()
  source = undefined
  say({ connected: false, at: 0 })
}

function reopen(queries: QueryClient, after: number) {
  close()
  timer = setTimeout(() => {
    if (users > 0 && document.visibilityState === 'visible') open(queries)
  }, after)
}

/** One deployment as it is now goes wherever it is shown; where it may have come, gone or moved, the server is asked. */
function take(queries: QueryClient, deployment: Deployment) {
  const { id } = deployment
  queries.setQueryData<Deployment>(oneKey(id), (known) => known && deployment)
  for (const [key, listed] of queries.getQueriesData<Listed<Deployment>>({ queryKey: LISTS })) {
    if (!listed) continue
    const known = listed.rows.find((row) => row.id === id)
    if (!known || known.status !== deployment.status) renew(queries, LISTS)
    if (!known) continue
    queries.setQueryData(key, { ...listed, rows: listed.rows.map((row) => (row.id === id ? deployment : row)) })
  }
  renew(queries, OVERVIEW)
  renew(queries, devicesKey(id))
}

const due = new Map<string, readonly string[]>()

function renew(queries: QueryClient, queryKey: readonly string[]) {
  if (due.size === 0)
    setTimeout(() => {
      const keys = [...due.values()]
      due.clear()
      for (const one of keys) void queries.invalidateQueries({ queryKey: one })
    }, RENEW_MS)
  due.set(queryKey.join(), queryKey)
}
