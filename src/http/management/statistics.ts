import { countByStatus, DeviceStatistics } from '../../inventory/count-by-status.ts'
import type { Routes } from '../http.ts'
import { refusals } from '../responses.ts'

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
}
