import { sql } from '../src/db/sql.ts'
import { residentMebibytes } from './artifact-server.ts'
import { type FleetServer, startFleetServer } from './fleet-server.ts'
import { RELEASE } from './large-fleet.ts'
import type { Row } from './row.ts'
import { post, savedFilter } from './saved-filters.ts'
import { acceptedOf, SUBSETS } from './subsets.ts'
import { versusCount } from './versus-count.ts'

const V1 = '/api/management/v1/deployments/deployments'
const V2 = '/api/management/v2/deployments/deployments'

/** Creation of deployments for subsets of 1,000,000 devices, each compared with a count of the same devices. */
export async function benchCreate(): Promise<Row[]> {
  await using server = await startFleetServer()
  const rows: Row[] = []
  const undo = (id: string) => server.manager.put(`${V1}/${id}/status`, { status: 'aborted' })
  for (const [part, terms] of Object.entries(SUBSETS)) {
    const filter_id = await savedFilter(server, terms)
    const work = () => create(server, V2, { filter_id })
    rows.push(await versusCount(server, { name: `create dynamic, ${part}`, condition: acceptedOf(terms), work, undo }))
  }
  const before = residentMebibytes(server.pid)
  const all = () => create(server, V1, { all_devices: true })
  const group = () => create(server, `${V1}/group/group-3`, { retries: 0, phases: [] })
  const condition = acceptedOf([])
  rows.push(await versusCount(server, { name: 'create static, all', condition, work: all, undo }))
  const members = sql`d.status = 'accepted' and d.group_name = 'group-3'`
  rows.push(await versusCount(server, { name: 'create static, a group', condition: members, work: group, undo }))
  rows.push(await versusCount(server, { name: 'abort of static, all', condition, prepare: all, work: undo }))
  const after = residentMebibytes(server.pid)
  const memory = { ratio: after / before, measured: after, baseline: before, unit: 'MiB' }
  return [...rows, { name: 'memory of the server, after and before', ...memory }]
}

/** Returns the ID of the deployment. */
async function create(server: FleetServer, path: string, target: object): Promise<string> {
  const { headers } = await post(server, path, { name: 'bench', artifact_name: RELEASE, ...target }, 201)
  return String(headers.location).split('/').at(-1) as string
}
