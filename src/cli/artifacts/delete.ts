import { remoteCommand } from '../remote/command.ts'
import { forEach } from '../remote/each.ts'
import { ARTIFACTS } from './paths.ts'

export const deleteCommand = remoteCommand({
  summary: 'Delete artifacts that are not used by an unfinished deployment',
  operands: 'ID...',
  help: '',
  run: ({ server, values, words }) =>
    forEach(words, {
      ...{ verb: 'deleted', json: values.json },
      work: (id) => server.delete(`${ARTIFACTS}/{id}`, { path: { id } }),
    }),
})
