import type { DeviceConfiguration } from '../../client/api.ts'
import { remoteCommand } from '../remote/command.ts'
import { facts, table, timeText } from '../remote/print.ts'
import { CONFIGURATION } from './paths.ts'

export const getCommand = remoteCommand({
  summary: 'Show what a device is to be configured with, and what it reports',
  operands: 'ID',
  help: `
ID is that of the device.
`,
  async run({ server, values, words: [id = ''] }) {
    const { body } = await server.get(CONFIGURATION, { path: { device: id } })
    if (values.json) return console.log(JSON.stringify(body))
    print(body)
  },
})

type Row = { key: string; wanted: string | undefined; reported: string | undefined }

function print({ configured, reported, reported_ts, updated_ts, deployment_id }: DeviceConfiguration) {
  const keys = [...new Set([...Object.keys(configured), ...Object.keys(reported)])].sort()
  const rows = keys.map((key): Row => ({ key, wanted: configured[key], reported: reported[key] }))
  if (rows.length === 0) console.log('No configuration is set, and none is reported.')
  else
    console.log(
      table(rows, [
        ['KEY', ({ key }) => key],
        ['WANTED', ({ wanted }) => wanted ?? '-'],
        ['REPORTED', (row) => row.reported ?? '-'],
        ['', (row) => (reported_ts && row.wanted !== row.reported ? 'differs' : '')],
      ]),
    )
  console.log(
    facts({
      Set: timeText(updated_ts),
      Reported: reported_ts ? timeText(reported_ts) : 'never',
      Deployment: deployment_id ?? 'none',
    }),
  )
}
