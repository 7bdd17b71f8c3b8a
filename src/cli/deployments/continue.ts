import { optional, UsageError } from '../command.ts'
import { remoteCommand } from '../remote/command.ts'
import { printable } from '../remote/print.ts'
import { DYNAMIC_DEPLOYMENT } from './paths.ts'

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
    const body = state === undefined ? {} : { states: [state] }
    if (device === undefined) await server.post(`${DYNAMIC_DEPLOYMENT}/continue`, { path: { id }, body })
    else await server.post(`${DYNAMIC_DEPLOYMENT}/devices/{device}/continue`, { path: { id, device } })
    const done = device === undefined ? `${id} continued` : `${id} continued for ${device}`
    console.log(values.json ? JSON.stringify({ continued: [device ?? id] }) : printable(done))
  },
})
