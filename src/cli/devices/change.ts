import type { Device } from '../../auth/device.ts'
import { ServerError } from '../../client/server-error.ts'
import { UsageError } from '../command.ts'
import { remoteCommand } from '../remote/command.ts'
import { forEach } from '../remote/each.ts'
import type { Server } from '../remote/server.ts'
import { chooseAuthSet } from './choose-auth-set.ts'
import { DEVICES } from './paths.ts'

const WHICH_KEY = 'Of a device that has asked with several keys, name one: DEVICE/AUTH_SET.'

export const acceptCommand = remoteCommand({
  summary: 'Let devices in',
  operands: '[ID...]',
  help: `
  --all-pending   all that are waiting now, instead of IDs

${WHICH_KEY}
`,
  options: { 'all-pending': { type: 'boolean' } },
  async run({ server, values, words }) {
    const all = values['all-pending'] === true
    if (all === words.length > 0) throw new UsageError('Give the IDs of devices, or --all-pending')
    const waiting = all ? await server.list<Device>(DEVICES, { status: 'pending' }) : []
    const seen = new Map(waiting.map((device) => [device.id, device]))
    if (all && waiting.length === 0 && !values.json) console.log('No device is waiting.')
    return forEach(all ? [...seen.keys()] : words, {
      ...{ verb: 'accepted', json: values.json },
      work: (id) => changeDevice(server, id, 'accepted', seen.get(id)),
    })
  },
})

export const rejectCommand = remoteCommand({
  summary: 'Keep devices out, or shut them out again',
  operands: 'ID...',
  help: `
${WHICH_KEY}
`,
  run: ({ server, values, words }) =>
    forEach(words, {
      ...{ verb: 'rejected', json: values.json },
      work: (id) => changeDevice(server, id, 'rejected'),
    }),
})

export const decommissionCommand = remoteCommand({
  summary: 'Remove devices for good, with all that is known of them',
  operands: 'ID...',
  help: '',
  run: ({ server, values, words }) =>
    forEach(words, {
      ...{ verb: 'decommissioned', json: values.json },
      work: (id) => server.delete(`${DEVICES}/${encodeURIComponent(id)}`),
    }),
})

/** `seen`: the device as it was when it was chosen; a key that it showed since then is not accepted with it. */
async function changeDevice(server: Server, operand: string, status: 'accepted' | 'rejected', seen?: Device) {
  const [id = '', named] = operand.split('/')
  const path = `${DEVICES}/${encodeURIComponent(id)}`
  const device: Device = seen ?? (await server.get(path)).body
  const choice = chooseAuthSet(device.auth_sets, status, named)
  if ('problem' in choice) throw new ServerError(choice.problem, { status: 409 })
  if (choice.auth_set) await server.put(`${path}/auth/${encodeURIComponent(choice.auth_set)}/status`, { status })
}
