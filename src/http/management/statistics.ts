import { countByStatus, DeviceStatistics } from '../../inventory/devices/count-by-status.ts'
import { countFleet } from '../../inventory/devices/count-fleet.ts'
import { Fleet } from '../../inventory/fleet.ts'
import { refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'

export const statisticsRoutes: Routes = (http, env) => {
  http.get(
    '/statistics',
    {
      schema: {
        tags: ['inventory'],
        summary: 'How many devices there are of each status',
        response: { 200: DeviceStatistics, ...refusals(401) },
      },
    },
    async ({ actor }) => countByStatus(env, actor),
  )

  http.get(
    '/fleet',
    {
      schema: {
        tags: ['inventory'],
        summary: 'The fleet in numbers: by status, last report and software; of a large one some seconds old',
        response: { 200: Fleet, ...refusals(401) },
      },
    },
    async ({ actor }) => countFleet(env, actor),
  )
}
