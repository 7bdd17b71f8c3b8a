import { remoteCommand } from '../remote/command.ts'
import { forEach } from '../remote/each.ts'
import { INTEGRATION } from './paths.ts'

export const deleteCommand = remoteCommand({
  summary: 'Delete webhooks: what waits to be sent to them is not sent',
  operands: 'ID...',
  help: '',
  run: ({ server, values, words }) =>
    forEach(words, {
      ...{ verb: 'deleted', json: values.json },
      work: (id) => server.delete(INTEGRATION, { path: { id } }),
    }),
})
