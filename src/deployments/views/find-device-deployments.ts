import type { Static } from 'typebox'
import { andOfVisibleDevice, type Viewer } from '../../auth/devices/visible-devices.ts'
import { cachedRowCount } from '../../db/count-rows.ts'
import type { Database, Db } from '../../db/db.ts'
import { and, raw, type Sql, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import type { Deployment } from '../deployment.ts'
import type { DeviceDeploymentItem } from '../device-deployment.ts'
import type { DeviceSelection } from '../device-status.ts'
import type { DeploymentKey } from '../rows/deployment-key.ts'
import { andOfVisible, requireDeployment } from '../rows/visible-deployments.ts'
import { withoutNulls } from '../without-nulls.ts'
import { findDeployments } from './find-deployments.ts'

export type DeviceItem = Static<typeof DeviceDeploymentItem>
type Page = { limit: number; offset: number }
type OrderedPage = Page & { failed_first: boolean }

const ROWS_PER_READ = 2000

/** A page of the devices that were assigned to a deployment, by status and id. */
export async function findDevicesOf(
  env: Env,
  viewer: Viewer,
  {
    deployment_id,
    selection,
    ...page
  }: OrderedPage & { deployment_id: string; selection: DeviceSelection | undefined },
) {
  const db = env.db.reads
  const key = { tenant_id: viewer.tenant_id, deployment_id }
  await requireDeployment(db, viewer, deployment_id)
  const rows = await rowsOf(db, key)
  const conditions = [liveRows(key)]
  if (selection) conditions.push(selected(selection))
  const [total, devices] = await Promise.all([
    (rows === EFFECTIVE ? countEffective : countWritten)(env, and(conditions)),
    db.query<Row>(
      page.failed_first ? failedFirst(joinedTo(rows), conditions, page) : byStatus(joinedTo(rows), conditions, page),
    ),
  ])
  return { total, devices: devices.map((row) => withoutNulls<DeviceItem>(row)) }
}

/** All of them in one snapshot, with bounded memory. */
export async function readAllDevicesOf(db: Database, viewer: Viewer, deployment_id: string) {
  const key = { tenant_id: viewer.tenant_id, deployment_id }
  await requireDeployment(db, viewer, deployment_id)
  const rows = await rowsOf(db, key)
  return mapped(
    db.pages<Row>(
      sql`select ${ITEM} from ${joinedTo(rows)} where ${liveRows(key)} order by dd.status, dd.device_id`,
      ROWS_PER_READ,
    ),
    (row) => withoutNulls<DeviceItem>(row),
  )
}

async function* mapped<From, To>(pages: AsyncIterable<From[]>, map: (row: From) => To): AsyncGenerator<To[]> {
  for await (const page of pages) yield page.map(map)
}

/** Ids of the devices of a deployment: those listed at creation, and those assigned. */
export async function readDeviceIds(db: Database, viewer: Viewer, deployment_id: string) {
  const { tenant_id } = viewer
  await requireDeployment(db, viewer, deployment_id)
  const rows = db.pages<{ device_id: string }>(
    sql`
    select device_id from listed_devices where tenant_id = ${tenant_id} and deployment_id = ${deployment_id}
    union
    select device_id from device_deployments where tenant_id = ${tenant_id} and deployment_id = ${deployment_id}
    order by device_id`,
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
  const visible = sql`${andOfVisible(viewer, sql`dd.deployment_id`)} ${andOfVisibleDevice(viewer, sql`dd.device_id`)}`
  const conditions = [
    sql`dd.tenant_id = ${viewer.tenant_id} and dd.device_id = ${device_id}`,
    sql`dd.deleted is null ${visible}`,
  ]
  if (selection) conditions.push(selected(selection))
  const counted = await db.first<{ total: number }>(
    sql`select count(*) as total from effective_device_deployments dd where ${and(conditions)}`,
  )
  const rows = await db.query<Row & { row_id: string; deployment_id: string }>(sql`
    select ${ITEM}, dd.id as row_id, dd.deployment_id from ${joinedTo(EFFECTIVE)} where ${and(conditions)}
    order by dd.deployment_created desc, dd.created desc limit ${page.limit} offset ${page.offset}`)
  const ids = [...new Set(rows.map(({ deployment_id }) => deployment_id))]
  const { deployments } = await findDeployments(db, viewer, now, { ids, limit: ids.length, offset: 0 })
  const byId = new Map(deployments.map((deployment) => [deployment.id, deployment]))
  const history = rows.map(({ row_id, deployment_id, ...device }) => ({
    id: row_id,
    deployment: byId.get(deployment_id) as Deployment,
    device: withoutNulls<DeviceItem>(device),
  }))
  return { total: counted?.total ?? 0, history }
}

function selected({ statuses, standing }: DeviceSelection): Sql {
  if (statuses) return sql`dd.status = any(${statuses})`
  return raw(
    standing === 'timed_out'
      ? 'dd.timed_out is not null and dd.finished is null'
      : "dd.status = 'success' and dd.confirmation in ('awaited', 'missed')",
  )
}

type Row = { [Key in keyof DeviceItem]: DeviceItem[Key] | null }

const byStatus = (from: Sql, conditions: Sql[], { limit, offset }: Page): Sql => sql`
  select ${ITEM} from ${from} where ${and(conditions)} order by dd.status, dd.device_id limit ${limit} offset ${offset}`

/** Each half is read in index order up to the end of the page, however many devices there are. */
const failedFirst = (from: Sql, conditions: Sql[], { limit, offset }: Page): Sql => sql`
  select ${COLUMNS} from (
    (select 0 as half, ${ITEM} from ${from} where ${and([...conditions, sql`dd.status = 'failure'`])}
      order by dd.status, dd.device_id limit ${limit + offset})
    union all
    (select 1 as half, ${ITEM} from ${from} where ${and([...conditions, sql`dd.status <> 'failure'`])}
      order by dd.status, dd.device_id limit ${limit + offset})
  ) as halves order by half, status, id limit ${limit} offset ${offset}`

const COLUMNS = raw(
  `id, status, created, started, finished, deleted, log, substate, device_type, image, attempts, retries, timed_out,
  confirmation, deadline`,
)

const ITEM: Sql =
  raw(`dd.device_id as id, dd.status, dd.created, dd.started, dd.finished, dd.deleted, dd.log, dd.substate,
  dd.device_type, dd.image, dd.attempts, d.retries, dd.timed_out, dd.confirmation, dd.deadline`)

const EFFECTIVE = raw('effective_device_deployments')
const countEffective = cachedRowCount(raw('effective_device_deployments dd')).get
const countWritten = cachedRowCount(raw('device_deployments dd')).get

/** The table itself, whose index has the rows in order, unless it lacks an abort that is not written back yet. */
async function rowsOf(db: Db, { tenant_id, deployment_id }: DeploymentKey): Promise<Sql> {
  const abort_unwritten = await db.first(sql`
    select 1 from deployment_progress
    where tenant_id = ${tenant_id} and deployment_id = ${deployment_id} and abort_unwritten`)
  return abort_unwritten ? EFFECTIVE : raw('device_deployments')
}

const liveRows = ({ tenant_id, deployment_id }: DeploymentKey): Sql =>
  sql`dd.tenant_id = ${tenant_id} and dd.deployment_id = ${deployment_id} and dd.deleted is null`

const joinedTo = (rows: Sql): Sql =>
  sql`${rows} dd join deployments d on d.tenant_id = dd.tenant_id and d.id = dd.deployment_id`
