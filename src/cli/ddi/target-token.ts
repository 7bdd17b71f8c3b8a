import { remoteCommand } from '../remote/command.ts'
import { forEach } from '../remote/each.ts'
import { facts } from '../remote/print.ts'
import { readSecret } from '../secret.ts'
import { DDI, DDI_DEVICE } from './paths.ts'

const options = { 'target-token': { type: 'string' } } as const
const TOKEN_HELP = '--target-token TOKEN  a token that you have already (a random one); - reads it from standard input'

export const preauthorizeCommand = remoteCommand({
  summary: 'Preauthorize a device that speaks DDI, with a target token of its own',
  operands: 'CONTROLLER_ID',
  help: `
  ${TOKEN_HELP}

The token is shown only now. The device is accepted when it first connects.
`,
  options,
  async run({ server, values, words: [controller_id = ''] }) {
    const token = await readSecret(values, 'target-token')
    const { body } = await server.create(`${DDI}/devices`, { body: { controller_id, token } })
    console.log(values.json ? JSON.stringify(body) : facts({ 'Device ID': body.device_id, 'Target token': body.token }))
  },
})

export const renewTokenCommand = remoteCommand({
  summary: 'Give a device that speaks DDI a new target token',
  operands: 'ID',
  help: `
  ${TOKEN_HELP}

The token is shown only now. The one that the device had ends at once.
`,
  options,
  async run({ server, values, words: [id = ''] }) {
    const token = await readSecret(values, 'target-token')
    const { body } = await server.create(`${DDI_DEVICE}/target_token`, { path: { id }, body: { token } })
    console.log(values.json ? JSON.stringify(body) : `Target token  ${body.token}`)
  },
})

export const removeTokenCommand = remoteCommand({
  summary: 'Remove the target tokens of devices that speak DDI',
  operands: 'ID...',
  help: '',
  run: ({ server, values, words }) =>
    forEach(words, {
      ...{ verb: 'removed', json: values.json },
      work: (id) => server.delete(`${DDI_DEVICE}/target_token`, { path: { id } }),
    }),
})

export const askCommand = remoteCommand({
  summary: 'Ask devices that speak DDI for their attributes at the next poll',
  operands: 'ID...',
  help: '',
  run: ({ server, values, words }) =>
    forEach(words, {
      ...{ verb: 'asked', json: values.json },
      work: (id) => server.post(`${DDI_DEVICE}/config_data`, { path: { id } }),
    }),
})
