import { Type } from 'typebox'
import { namingIn } from '../../auth/settings.ts'
import { findSettings } from '../../auth/tenants/find-settings.ts'
import { DEPLOYMENT_COLUMNS, deploymentCells } from '../../deployments/deployment-csv.ts'
import { HISTORY_COLUMNS, historyCells } from '../../deployments/history-csv.ts'
import { findHistory } from '../../deployments/views/find-device-deployments.ts'
import { walkDeployments } from '../../deployments/views/walk-deployments.ts'
import { DEVICE_COLUMNS, walkDevicesOf } from '../../deployments/views/walk-devices-of.ts'
import { nowText } from '../../env.ts'
import { mapChunks } from '../../map-chunks.ts'
import { CSV_NOTE, Csv, sendCsv } from '../bodies/csv.ts'
import { deviceTerm, ListQuery, listQuery } from '../deployment-query.ts'
import { refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { requireUuid } from '../ids.ts'
import { readSelection, TableQuery } from './deployment-devices.ts'

const tags = ['deployments']
const MAX_HISTORY = 10_000

/** Deployments and their devices as tables. */
export const deploymentExportRoutes: Routes = (http, env) => {
  http.get(
    '/deployments/export',
    {
      schema: {
        ...{ tags, operationId: 'exportDeployments', summary: 'Export deployments as a table' },
        description: `All that match, with the number of their devices by status. ${CSV_NOTE}`,
        querystring: Type.Omit(ListQuery, ['page', 'per_page']),
        response: { 200: Csv },
      },
    },
    async ({ actor, query }, reply) => {
      const deployments = walkDeployments(env, actor, listQuery(query), deviceTerm(query))
      const chunks = mapChunks(deployments, (chunk) => chunk.map(deploymentCells))
      return sendCsv(reply, { name: 'deployments', columns: DEPLOYMENT_COLUMNS, chunks })
    },
  )

  http.get(
    '/deployments/:id/devices/export',
    {
      schema: {
        ...{ tags, operationId: 'exportDeploymentDevices', summary: 'Export the devices of a deployment as a table' },
        description: `All that match, each with its name, and with the reason in its log if it failed. ${CSV_NOTE}`,
        params: Type.Object({ id: Type.String({ description: 'ID of the deployment' }) }),
        querystring: Type.Omit(TableQuery, ['page', 'per_page', 'sort']),
        response: { 200: Csv, ...refusals(404, 429) },
      },
    },
    async ({ actor, params, query }, reply) => {
      const naming = namingIn((await findSettings(env, actor, 'tenant')).settings)
      const chunks = await walkDevicesOf(env, actor, {
        ...{ deployment_id: requireUuid(params.id), naming },
        ...{ selection: readSelection(query.status), reason: query.reason || undefined },
      })
      return sendCsv(reply, { name: 'devices-of-deployment', columns: DEVICE_COLUMNS, chunks })
    },
  )

  http.get(
    '/deployments/devices/:device/history/export',
    {
      schema: {
        ...{ tags, operationId: 'exportDeviceHistory', summary: 'Export the deployments of a device as a table' },
        description: `Newest first, at most ${MAX_HISTORY.toLocaleString('en')}. ${CSV_NOTE}`,
        params: Type.Object({ device: Type.String({ description: 'ID of the device' }) }),
        response: { 200: Csv },
      },
    },
    async ({ actor, params }, reply) => {
      const all = { selection: undefined, limit: MAX_HISTORY, offset: 0, now: nowText(env) }
      const { history } = await findHistory(env.db, actor, params.device, all)
      return sendCsv(reply, {
        name: 'deployments-of-device',
        columns: HISTORY_COLUMNS,
        chunks: [history.map(historyCells)],
      })
    },
  )
}
