import type { Device } from '../../client/api.ts'
import { ServerError } from '../../client/server-error.ts'
import { UsageError } from '../command.ts'
import { remoteCommand } from '../remote/command.ts'
import { forEach } from '../remote/each.ts'
import type { Server } from '../remote/server.ts'
import { chooseAuthSet } from './choose-auth-set.ts'
import { DEVICE, DEVICES } from './paths.ts'

const WHICH_KEY = 'If a device has several keys, name one of them: DEVICE/AUTH_SET.'

export const acceptCommand = remoteCommand({
  summary: 'Accept devices',
  operands: '[ID...]',
  help: `
  --all-pending         all devices that are pending now, instead of IDs

${WHICH_KEY}
`,
  options: { 'all-pending': { type: 'boolean' } },
  async run({ server, values, words }) {
    const all = values['all-pending'] === true
    if (all === words.length > 0) throw new UsageError('Give device IDs or --all-pending')
    const pending = all ? await server.list(DEVICES, { query: { status: ['pending'] } }) : []
    const listed = new Map(pending.map((device) => [device.id, device]))
    if (all && pending.length === 0 && !values.json) console.log('No pending devices.')
    return forEach(all ? [...listed.keys()] : words, {
      ...{ verb: 'accepted', json: values.json },
      work: (id) => changeDevice(server, id, 'accepted', listed.get(id)),
    })
  },
})

export const rejectCommand = remoteCommand({
  summary: 'Reject devices that are pending or accepted',
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
  summary: 'Permanently remove devices and their data',
  operands: 'ID...',
  help: '',
  run: ({ server, values, words }) =>
    forEach(words, {
      ...{ verb: 'decommissioned', json: values.json },
      work: (id) => server.delete(DEVICE, { path: { id } }),
    }),
})

/** `listed`: the device as it was listed; a key that it has sent since then is not accepted with it. */
async function changeDevice(server: Server, operand: string, status: 'accepted' | 'rejected', listed?: Device) {
  const [id = '', named] = operand.split('/')
  const device = listed ?? (await server.get(DEVICE, { path: { id } })).body
  const choice = chooseAuthSet(device.auth_sets, status, named)
  if ('problem' in choice) throw new ServerError(choice.problem, { status: 409 })
  const { auth_set: aid } = choice
  if (aid) await server.put(`${DEVICE}/auth/{aid}/status`, { path: { id, aid }, body: { status } })
}
