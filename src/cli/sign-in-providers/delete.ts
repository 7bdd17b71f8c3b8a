import { remoteCommand } from '../remote/command.ts'
import { forEach } from '../remote/each.ts'
import { PROVIDER } from './paths.ts'

export const deleteCommand = remoteCommand({
  summary: 'Delete sign-in providers: the sessions that they have opened end, the users stay',
  operands: 'ID...',
  help: '',
  run: ({ server, values, words }) =>
    forEach(words, { verb: 'deleted', json: values.json, work: (id) => server.delete(PROVIDER, { path: { id } }) }),
})
