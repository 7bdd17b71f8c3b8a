import { remoteCommand } from '../remote/command.ts'
import { facts } from '../remote/print.ts'
import { PROVIDER } from './paths.ts'

const offered = (offers: boolean | undefined): string | undefined =>
  offers === undefined ? undefined : offers ? 'offered' : 'not offered'

export const checkCommand = remoteCommand({
  summary: 'Ask a sign-in provider what it offers; the exit code is 1 if it does not respond as it should',
  operands: 'ID',
  help: '',
  async run({ server, values, words: [id = ''] }) {
    const { body: check } = await server.post(`${PROVIDER}/check`, { path: { id } })
    const lines = facts({
      Provider: check.works ? 'responds as it should' : 'cannot be used',
      Problem: check.problem,
      'End of its session': offered(check.signs_out),
      'Back-channel logout': offered(check.logs_out),
    })
    console.log(values.json ? JSON.stringify(check) : lines)
    return check.works ? 0 : 1
  },
})
