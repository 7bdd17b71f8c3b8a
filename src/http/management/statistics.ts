import { countByStatus, DeviceStatistics } from '../../inventory/devices/count-by-status.ts'
import { countFleet } from '../../inventory/devices/count-fleet.ts'
import { Fleet } from '../../inventory/fleet.ts'
import type { Routes } from '../http.ts'

const tags = ['inventory']

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
}
