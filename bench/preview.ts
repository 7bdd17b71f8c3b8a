import { startFleetServer } from './fleet-server.ts'
import { RELEASE } from './large-fleet.ts'
import { acceptedOf, PARTS } from './parts.ts'
import type { Row } from './row.ts'
import { ask, savedFilter } from './saved-filters.ts'
import { versusCount } from './versus-count.ts'

const PREVIEW = '/api/management/v2/deployments/deployments/preview'

/** Previews of deployments to parts of 1,000,000 devices, each against a count of the same devices. */
export async function benchPreview(): Promise<Row[]> {
  await using server = await startFleetServer()
  const rows: Row[] = []
  for (const [part, terms] of Object.entries(PARTS)) {
    const filter_id = await savedFilter(server, terms)
    const work = () => ask(server, PREVIEW, { name: 'bench', artifact_name: RELEASE, filter_id })
    rows.push(await versusCount(server, { name: `preview, ${part}`, condition: acceptedOf(terms), work }))
  }
  return rows
}
