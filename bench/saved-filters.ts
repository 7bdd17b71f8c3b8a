import { randomUUID } from 'node:crypto'
import type { Term } from '../src/inventory/filter.ts'
import type { FleetServer } from './fleet-server.ts'

/** The id of a new saved filter. */
export async function savedFilter(server: FleetServer, terms: readonly Term[]): Promise<string> {
  const { headers } = await ask(server, '/api/management/v2/inventory/filters', { name: randomUUID(), terms }, 201)
  return String(headers.location).split('/').at(-1) as string
}

export async function ask({ manager }: FleetServer, path: string, body: unknown, expects = 200) {
  const answer = await manager.post(path, body)
  if (answer.status !== expects) throw new Error(`${path} was answered with ${answer.status}: ${answer.body}`)
  return answer
}
