import { remoteCommand } from '../remote/command.ts'
import { forEach } from '../remote/each.ts'
import { DELIVERIES } from './paths.ts'

export const redeliverCommand = remoteCommand({
  summary: 'Send events to a webhook again, or at once if they wait for their next attempt',
  operands: 'ID EVENT...',
  help: '',
  run: ({ server, values, words: [id = '', ...events] }) =>
    forEach(events, {
      ...{ verb: 'queued', json: values.json },
      work: (event_id) => server.post(`${DELIVERIES}/{event_id}/redeliver`, { path: { id, event_id } }),
    }),
})
