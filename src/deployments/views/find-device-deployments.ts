import type { Static } from 'typebox'
import { andVisible as andVisibleDevice, type Viewer } from '../../auth/devices/visible-devices.ts'
import { cachedRowCount } from '../../db/count-rows.ts'
import type { Database, Db } from '../../db/db.ts'
import { and, empty, raw, type Sql, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { deploymentNotFound } from '../../errors.ts'
import type { Deployment } from '../deployment.ts'
import type { DeviceDeploymentItem } from '../device-deployment.ts'
import { DEVICE_STATUSES, type DeviceSelection, stageOf, stagesOf } from '../device-status.ts'
import { readAborts } from '../rows/abort-rows.ts'
import type { DeploymentKey } from '../rows/deployment-key.ts'
import { listedDevices, readListing } from '../rows/listing-rows.ts'
import { andVisible, requireDeployment } from '../rows/visible-deployments.ts'
import { withoutNulls } from '../without-nulls.ts'
import { findDeployments } from './find-deployments.ts'
import { hasReason } from './find-failures.ts'

export type DeviceItem = Static<typeof DeviceDeploymentItem>
type Page = { limit: number; offset: number }
export type DevicesQuery = {
  deployment_id: string
  selection: DeviceSelection | undefined
  reason?: string | undefined
}
type OrderedPage = Page & { failed_first: boolean }

const ROWS_PER_READ = 2000

/** A page of the devices that were assigned to a deployment, by stage and id. */
export async function findDevicesOf(
  env: Env,
  viewer: Viewer,
  { deployment_id, selection, reason, ...page }: OrderedPage & DevicesQuery,
) {
  const db = env.db.reads
  const key = { tenant_id: viewer.tenant_id, deployment_id }
  await requireDeployment(db, viewer, deployment_id)
  const { retries, columns } = await readDeployment(db, key)
  const conditions = [liveRows(key)]
  if (selection) conditions.push(selected(selection, columns))
  if (reason !== undefined) conditions.push(hasReason(key, reason))
  const [total, devices] = await Promise.all([
    countRows(env, and(conditions)),
    db.query<Row>((page.failed_first ? failedFirst : byStatus)(columns, conditions, page)),
  ])
  return { total, devices: devices.map((row) => withoutNulls<DeviceItem>({ ...row, retries })) }
}

/** All of them in one snapshot, with bounded memory. */
export async function readAllDevicesOf(db: Database, viewer: Viewer, deployment_id: string) {
  const key = { tenant_id: viewer.tenant_id, deployment_id }
  await requireDeployment(db, viewer, deployment_id)
  const { retries, columns } = await readDeployment(db, key)
  const { item, stage } = columns
  return mapped(
    db.pages<Row>(
      sql`select ${item} from device_deployments dd where ${liveRows(key)} order by ${stage}, dd.device_id`,
      ROWS_PER_READ,
    ),
    (row) => withoutNulls<DeviceItem>({ ...row, retries }),
  )
}

async function* mapped<From, To>(pages: AsyncIterable<From[]>, map: (row: From) => To): AsyncGenerator<To[]> {
  for await (const page of pages) yield page.map(map)
}

/** Ids of the devices of a deployment: those listed at creation, and those assigned. */
export async function readDeviceIds(db: Database, viewer: Viewer, deployment_id: string) {
  const { tenant_id } = viewer
  await requireDeployment(db, viewer, deployment_id)
  const listing = await readListing(db, { tenant_id, deployment_id })
  if (!listing) throw deploymentNotFound()
  const rows = db.pages<{ device_id: string }>(
    sql`
    select distinct device_id from (
      ${listedDevices(listing)}
      union all
      select device_id from device_deployments where tenant_id = ${tenant_id} and deployment_id = ${deployment_id}
    ) as listed order by device_id`,
    ROWS_PER_READ,
  )
  return mapped(rows, ({ device_id }) => device_id)
}

/** The deployments of one device, newest first. */
export async function findHistory(
  db: Db,
  viewer: Viewer,
  device_id: string,
  { selection, now, ...page }: Page & { now: string; selection: DeviceSelection | undefined },
) {
  const key = { tenant_id: viewer.tenant_id, device_id }
  const visible = viewer.scope.groups === null ? empty : await visibleOf(db, viewer, device_id)
  if (!visible) return { total: 0, history: [] }
  const columns = await columnsOf(db, key)
  const conditions = [
    sql`dd.tenant_id = ${viewer.tenant_id} and dd.device_id = ${device_id} and dd.deleted is null ${visible}`,
  ]
  if (selection) conditions.push(selected(selection, columns))
  const [counted, rows] = await Promise.all([
    db.first<{ total: number }>(sql`select count(*) as total from device_deployments dd where ${and(conditions)}`),
    db.query<Row & { row_id: string; deployment_id: string }>(sql`
      select ${columns.item}, dd.id as row_id, dd.deployment_id from device_deployments dd where ${and(conditions)}
      order by dd.deployment_created desc, dd.created desc limit ${page.limit} offset ${page.offset}`),
  ])
  const ids = [...new Set(rows.map(({ deployment_id }) => deployment_id))]
  const { deployments } = await findDeployments(db, viewer, now, { ids, limit: ids.length, offset: 0 })
  const byId = new Map(deployments.map((deployment) => [deployment.id, deployment]))
  const history = rows.map(({ row_id, deployment_id, ...device }) => {
    const deployment = byId.get(deployment_id) as Deployment
    return { id: row_id, deployment, device: withoutNulls<DeviceItem>({ ...device, retries: deployment.retries }) }
  })
  return { total: counted?.total ?? 0, history }
}

/** `and ..`: only the deployments that the viewer sees. Undefined: the viewer does not see the device. */
async function visibleOf(db: Db, viewer: Viewer, device_id: string): Promise<Sql | undefined> {
  const { tenant_id } = viewer
  const device = await db.first(sql`
    select 1 from devices d where d.tenant_id = ${tenant_id} and d.id = ${device_id} ${andVisibleDevice(viewer)}`)
  if (!device) return undefined
  const rows = await db.query<{ deployment_id: string }>(sql`
    select distinct deployment_id from device_deployments where tenant_id = ${tenant_id} and device_id = ${device_id}`)
  const visible = await db.query<{ id: string }>(sql`
    select d.id from deployments d
    where d.tenant_id = ${tenant_id} and d.id = any(${rows.map((row) => row.deployment_id)}::text[])
      ${andVisible(viewer)}`)
  return sql`and dd.deployment_id = any(${visible.map(({ id }) => id)}::text[])`
}

/** Of the device's only unfinished row, if its deployment is aborted. */
async function columnsOf(db: Db, { tenant_id, device_id }: { tenant_id: string; device_id: string }): Promise<Columns> {
  const unfinished = await db.query<DeploymentKey>(sql`
    select tenant_id, deployment_id from device_deployments
    where tenant_id = ${tenant_id} and device_id = ${device_id} and finished is null`)
  const [aborted] = await readAborts(db, unfinished)
  return aborted ? abortedColumns(aborted.finished) : WRITTEN
}

/** Of `device_deployments dd`, as an abort leaves them, whether it is written back or not. */
type Columns = { item: Sql; status: Sql; stage: Sql; is_timed_out: Sql }

const itemOf = ({ status, finished, timed_out }: Record<'status' | 'finished' | 'timed_out', Sql>): Sql => sql`
  dd.device_id as id, ${status} as status, dd.created, dd.started, ${finished} as finished, dd.deleted, dd.log,
  dd.substate, dd.device_type, dd.image, dd.attempts, ${timed_out} as timed_out, dd.confirmation, dd.deadline`

const IS_UNFINISHED = raw('dd.finished is null')
const TIMED_OUT = sql`case when ${IS_UNFINISHED} then dd.timed_out end`

const WRITTEN: Columns = {
  item: itemOf({ status: raw('dd.status'), finished: raw('dd.finished'), timed_out: TIMED_OUT }),
  ...{ status: raw('dd.status'), stage: raw('dd.stage') },
  is_timed_out: sql`dd.timed_out is not null and ${IS_UNFINISHED}`,
}

function abortedColumns(aborted: string): Columns {
  const status = sql`case when ${IS_UNFINISHED} then 'aborted' else dd.status end`
  const stage = sql`case when ${IS_UNFINISHED} then 'aborted' else dd.stage end`
  const finished = sql`coalesce(dd.finished, ${aborted}::timestamptz)`
  const timed_out = raw('null::timestamptz')
  return { item: itemOf({ status, finished, timed_out }), status, stage, is_timed_out: raw('false') }
}

export function selected({ statuses, standing }: DeviceSelection, { status, stage, is_timed_out }: Columns): Sql {
  if (statuses) {
    // An index has the stage; the row is read only if that leaves the status open.
    const stages = sql`${stage} = any(${stagesOf(statuses)})`
    const are_all =
      statuses.length === DEVICE_STATUSES.filter((one) => stagesOf(statuses).includes(stageOf(one))).length
    return are_all ? stages : sql`${stages} and ${status} = any(${statuses})`
  }
  return standing === 'timed_out'
    ? is_timed_out
    : raw("dd.status = 'success' and dd.confirmation in ('awaited', 'missed')")
}

type Row = { [Key in keyof Omit<DeviceItem, 'retries'>]: DeviceItem[Key] | null }

const byStatus = ({ item, stage }: Columns, conditions: Sql[], { limit, offset }: Page): Sql => sql`
  select ${item} from device_deployments dd where ${and(conditions)}
  order by ${stage}, dd.device_id limit ${limit} offset ${offset}`

/** Each half is read in index order up to the end of the page, however many devices there are. */
const failedFirst = ({ item, stage }: Columns, conditions: Sql[], { limit, offset }: Page): Sql => sql`
  select ${COLUMNS} from (
    (select 0 as half, ${stage} as stage, ${item} from device_deployments dd where ${and([...conditions, sql`dd.stage = 'failure'`])}
      order by ${stage}, dd.device_id limit ${limit + offset})
    union all
    (select 1 as half, ${stage} as stage, ${item} from device_deployments dd where ${and([...conditions, sql`dd.stage <> 'failure'`])}
      order by ${stage}, dd.device_id limit ${limit + offset})
  ) as halves order by half, stage, id limit ${limit} offset ${offset}`

const COLUMNS = raw(
  `id, status, created, started, finished, deleted, log, substate, device_type, image, attempts, timed_out,
  confirmation, deadline`,
)

const countRows = cachedRowCount(raw('device_deployments dd')).get

/** The columns as stored, whose index has the rows in order, unless an abort is not written back yet. */
export async function readDeployment(db: Db, { tenant_id, deployment_id }: DeploymentKey) {
  const row = await db.first<{ retries: number; aborted: string | null }>(sql`
    select d.retries, case when p.abort_unwritten then p.finished end as aborted
    from deployments d join deployment_progress p on p.tenant_id = d.tenant_id and p.deployment_id = d.id
    where d.tenant_id = ${tenant_id} and d.id = ${deployment_id}`)
  if (!row) throw deploymentNotFound()
  return { retries: row.retries, columns: row.aborted === null ? WRITTEN : abortedColumns(row.aborted) }
}

export const liveRows = ({ tenant_id, deployment_id }: DeploymentKey): Sql =>
  sql`dd.tenant_id = ${tenant_id} and dd.deployment_id = ${deployment_id} and dd.deleted is null`
