import { randomUUID } from 'node:crypto'
import type { Term } from '../src/inventory/filter.ts'
import type { FleetServer } from './fleet-server.ts'

/** Saves a filter and returns its ID. */
export async function savedFilter(server: Pick<FleetServer, 'manager'>, terms: readonly Term[]): Promise<string> {
  const { headers } = await post(server, '/api/management/v2/inventory/filters', { name: randomUUID(), terms }, 201)
  return String(headers.location).split('/').at(-1) as string
}

export async function post({ manager }: Pick<FleetServer, 'manager'>, path: string, body: unknown, expects = 200) {
  const response = await manager.post(path, body)
  if (response.status !== expects) throw new Error(`${path} returned status ${response.status}: ${response.body}`)
  return response
}
