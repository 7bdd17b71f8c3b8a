import { Type } from 'typebox'
import { namingIn } from '../../auth/settings.ts'
import { findSettings } from '../../auth/tenants/find-settings.ts'
import { deviceCells, deviceColumns } from '../../inventory/device-csv.ts'
import { walkDevices } from '../../inventory/devices/walk-devices.ts'
import { readTerms, toAttributeName, toSort } from '../../inventory/list-query.ts'
import { mapChunks } from '../../map-chunks.ts'
import { CSV_NOTE, Csv, sendCsv } from '../bodies/csv.ts'
import { refusals } from '../document/responses.ts'
import type { Routes } from '../http.ts'

const DEFAULT_COLUMNS = [
  ...['inventory/device_type', 'inventory/artifact_name', 'system/group', 'identity/status', 'system/check_in_time'],
]

const querystring = Type.Object({
  filters: Type.Optional(Type.String({ description: 'Terms as JSON that must all hold, as in a search' })),
  text: Type.Optional(Type.String({ maxLength: 200, description: 'A text to find, as in a search' })),
  sort: Type.Optional(
    Type.Array(Type.String(), { description: '`[scope/]name[:asc|desc]`, the most significant one first, at most 10' }),
  ),
  column: Type.Optional(
    Type.Array(Type.String(), {
      description: `An attribute, \`[scope/]name\`, in the order of the columns; by default ${DEFAULT_COLUMNS.join(', ')}`,
    }),
  ),
})

export const deviceExportRoutes: Routes = (http, env) => {
  http.get(
    '/devices/export',
    {
      schema: {
        ...{ tags: ['inventory'], operationId: 'exportDevices', summary: 'Export the devices that match as a table' },
        description: `All of them, with their names and IDs in the first columns. ${CSV_NOTE}`,
        ...{ querystring, response: { 200: Csv, ...refusals(422, 429) } },
      },
    },
    async ({ actor, query: { filters, text, sort = [], column = DEFAULT_COLUMNS } }, reply) => {
      const attributes = column.filter(Boolean).map(toAttributeName)
      const query = { terms: readTerms(filters), sort: sort.filter(Boolean).map(toSort), attributes, text }
      const naming = namingIn((await findSettings(env, actor, 'tenant')).settings)
      const devices = await walkDevices(env, actor, query)
      const chunks = mapChunks(devices, (chunk) => chunk.map((device) => deviceCells(device, attributes, naming)))
      return sendCsv(reply, { name: 'devices', columns: deviceColumns(attributes), chunks })
    },
  )
}
