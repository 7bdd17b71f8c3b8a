import { startFleetServer } from './fleet-server.ts'
import { RELEASE } from './large-fleet.ts'
import type { Row } from './row.ts'
import { post, savedFilter } from './saved-filters.ts'
import { acceptedOf, SUBSETS } from './subsets.ts'
import { versusCount } from './versus-count.ts'

const PREVIEW = '/api/management/v2/deployments/deployments/preview'

/** Previews of deployments to subsets of 1,000,000 devices, each compared with a count of the same devices. */
export async function benchPreview(): Promise<Row[]> {
  await using server = await startFleetServer()
  const rows: Row[] = []
  for (const [part, terms] of Object.entries(SUBSETS)) {
    const filter_id = await savedFilter(server, terms)
    const work = () => post(server, PREVIEW, { name: 'bench', artifact_name: RELEASE, filter_id })
    rows.push(await versusCount(server, { name: `preview, ${part}`, condition: acceptedOf(terms), work }))
  }
  return rows
}
