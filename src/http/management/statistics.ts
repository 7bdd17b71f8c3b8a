import { Type } from 'typebox'
import { countByStatus, DeviceStatistics } from '../../inventory/devices/count-by-status.ts'
import { countFleet } from '../../inventory/devices/count-fleet.ts'
import { findFleetTimeline } from '../../inventory/devices/find-fleet-timeline.ts'
import { Fleet } from '../../inventory/fleet.ts'
import { FleetTimeline } from '../../inventory/fleet-timeline.ts'
import { CountedGroup } from '../../inventory/group.ts'
import { countGroups } from '../../inventory/groups/count-groups.ts'
import { refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { readSeconds, secondsParameter } from '../unix-seconds.ts'

const tags = ['inventory']
const DEFAULT_PERIOD_MS = 30 * 24 * 60 * 60 * 1000

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
    '/fleet/timeline',
    {
      schema: {
        ...{ tags, operationId: 'getFleetTimeline', summary: 'Get the past of the fleet in numbers' },
        description:
          'All devices are counted every five minutes, or less often if that takes longer than three seconds. The last count of each five minutes is kept for a day, of each hour for 90 days, of each day for years. If the first count of the period is at most two days old, they are returned in steps of five minutes, up to 31 days in steps of an hour, otherwise in days. A user whose roles are limited to groups gets 403.',
        querystring: Type.Object({
          after: secondsParameter('Earliest time, by default 30 days ago'),
          before: secondsParameter('Latest time, by default now'),
        }),
        response: { 200: FleetTimeline },
      },
    },
    async ({ actor, query }) => {
      const now = env.now()
      const before = readSeconds('before', query.before) ?? now.toISOString()
      const after = readSeconds('after', query.after) ?? new Date(Date.parse(before) - DEFAULT_PERIOD_MS).toISOString()
      return { points: await findFleetTimeline(env, actor, { after, before }) }
    },
  )
}
