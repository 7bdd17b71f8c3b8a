import { optional, UsageError } from '../command.ts'
import { remoteCommand } from '../remote/command.ts'
import { printable } from '../remote/print.ts'
import { DYNAMIC_DEPLOYMENTS } from './paths.ts'

export const continueCommand = remoteCommand({
  summary: 'Continue the devices that an update control map pauses',
  operands: 'ID',
  help: `
  --device DEVICE       only this device, in the state in which it is paused
  --state STATE         only in this state of the map, such as ArtifactReboot_Enter

The devices continue once they ask for the map, as a rule within minutes. Without --device, devices that come to
the state later do not pause in it either.
`,
  options: { device: { type: 'string' }, state: { type: 'string' } },
  async run({ server, values, words: [id = ''] }) {
    const device = optional(values, 'device')
    const state = optional(values, 'state')
    if (device !== undefined && state !== undefined) throw new UsageError('Give only one of --device and --state')
    const path = `${DYNAMIC_DEPLOYMENTS}/${encodeURIComponent(id)}`
    if (device === undefined) await server.post(`${path}/continue`, state === undefined ? {} : { states: [state] })
    else await server.post(`${path}/devices/${encodeURIComponent(device)}/continue`)
    const done = device === undefined ? `${id} continued` : `${id} continued for ${device}`
    console.log(values.json ? JSON.stringify({ continued: [device ?? id] }) : printable(done))
  },
})
