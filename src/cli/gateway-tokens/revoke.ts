import { DDI } from '../ddi/paths.ts'
import { remoteCommand } from '../remote/command.ts'
import { forEach } from '../remote/each.ts'

export const revokeCommand = remoteCommand({
  summary: 'Revoke gateway tokens: devices no longer authenticate by them',
  operands: 'ID...',
  help: '',
  run: ({ server, values, words }) =>
    forEach(words, {
      ...{ verb: 'revoked', json: values.json },
      work: (id) => server.delete(`${DDI}/gateway_tokens/{id}`, { path: { id } }),
    }),
})
