import { type Static, Type } from 'typebox'
import { countByStatus, DeviceStatistics } from '../../inventory/devices/count-by-status.ts'
import { countFleet } from '../../inventory/devices/count-fleet.ts'
import { findFleetTimeline } from '../../inventory/devices/find-fleet-timeline.ts'
import { findSoftwareUse } from '../../inventory/devices/find-software-use.ts'
import { Fleet } from '../../inventory/fleet.ts'
import { FleetTimeline, toTable } from '../../inventory/fleet-timeline.ts'
import { CountedGroup } from '../../inventory/group.ts'
import { GROUP_COLUMNS, groupCells } from '../../inventory/group-csv.ts'
import { countGroups } from '../../inventory/groups/count-groups.ts'
import { SoftwareUse } from '../../inventory/software-use.ts'
import { CSV_NOTE, Csv, sendCsv } from '../bodies/csv.ts'
import { refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { readSeconds, secondsParameter } from '../unix-seconds.ts'

const tags = ['inventory']
const DEFAULT_PERIOD_MS = 30 * 24 * 60 * 60 * 1000
const description =
  'All devices are counted every five minutes, or less often if that takes longer than three seconds. The last count of each five minutes is kept for a day, of each hour for 90 days, of each day for years. If the first count of the period is at most two days old, they are returned in steps of five minutes, up to 31 days in steps of an hour, otherwise in days. A user whose roles are limited to groups gets 403.'
const querystring = Type.Object({
  after: secondsParameter('Earliest time, by default 30 days ago'),
  before: secondsParameter('Latest time, by default now'),
})

export const statisticsRoutes: Routes = (http, env) => {
  http.get(
    '/statistics',
    {
      schema: {
        ...{ tags, operationId: 'getDeviceStatistics', summary: 'Get the number of devices by status and tier' },
        response: { 200: DeviceStatistics },
      },
    },
    async ({ actor }) => countByStatus(env, actor),
  )

  http.get(
    '/fleet',
    {
      schema: {
        ...{ tags, operationId: 'getFleet', summary: 'Get the number of devices by status, last report and software' },
        description: 'In a large fleet the numbers may be some seconds old.',
        response: { 200: Fleet },
      },
    },
    async ({ actor }) => countFleet(env, actor),
  )

  http.get(
    '/groups',
    {
      schema: {
        ...{ tags, operationId: 'listCountedGroups', summary: 'List all groups with the number of their devices' },
        description: 'In a large fleet the numbers may be some seconds old.',
        response: { 200: Type.Array(CountedGroup), ...refusals(422, 429) },
      },
    },
    async ({ actor }) => countGroups(env, actor),
  )

  http.get(
    '/groups/export',
    {
      schema: {
        ...{ tags, operationId: 'exportGroups', summary: 'Export all groups with the number of their devices' },
        description: `In a large fleet the numbers may be some seconds old. ${CSV_NOTE}`,
        response: { 200: Csv, ...refusals(422, 429) },
      },
    },
    async ({ actor }, reply) => {
      const rows = (await countGroups(env, actor)).map(groupCells)
      return sendCsv(reply, { name: 'groups', columns: GROUP_COLUMNS, chunks: [rows] })
    },
  )

  http.get(
    '/fleet/software/:name',
    {
      schema: {
        ...{ tags, operationId: 'getSoftwareUse', summary: 'Get how many devices have an artifact, and since when' },
        description: 'In a large fleet the numbers may be some seconds old.',
        params: Type.Object({ name: Type.String({ description: 'Name of the artifact' }) }),
        response: { 200: SoftwareUse },
      },
    },
    async ({ actor, params }) => findSoftwareUse(env, actor, params.name),
  )

  http.get(
    '/fleet/timeline',
    {
      schema: {
        ...{ tags, operationId: 'getFleetTimeline', summary: 'Get the past of the fleet in numbers' },
        ...{ description, querystring },
        response: { 200: FleetTimeline },
      },
    },
    async ({ actor, query }) => ({ points: await findFleetTimeline(env, actor, periodOf(query, env.now())) }),
  )

  http.get(
    '/fleet/timeline/export',
    {
      schema: {
        ...{ tags, operationId: 'exportFleetTimeline', summary: 'Export the past of the fleet as a table' },
        ...{ description, querystring },
        response: { 200: Csv },
      },
    },
    async ({ actor, query }, reply) => {
      const [columns = [], ...rows] = toTable(await findFleetTimeline(env, actor, periodOf(query, env.now())))
      return sendCsv(reply, { name: 'fleet', columns, chunks: [rows] })
    },
  )
}

function periodOf(query: Static<typeof querystring>, now: Date) {
  const before = readSeconds('before', query.before) ?? now.toISOString()
  const after = readSeconds('after', query.after) ?? new Date(Date.parse(before) - DEFAULT_PERIOD_MS).toISOString()
  return { after, before }
}
