import { optional, UsageError } from '../command.ts'
import { DYNAMIC_DEPLOYMENTS } from '../deployments/paths.ts'
import { remoteCommand } from '../remote/command.ts'
import { forEach } from '../remote/each.ts'

const PIN = `${DYNAMIC_DEPLOYMENTS}/devices/{device}/pin` as const

export const pinCommand = remoteCommand({
  summary: 'Keep devices from updates',
  operands: 'ID...',
  options: { reason: { type: 'string' }, 'not-before': { type: 'string' } },
  help: `
  --reason TEXT         why, for everybody whom the pin concerns; required
  --not-before TIME     until this time (2030-01-31T12:00:00Z); by default until the pin is removed

A pinned device gets no first offer and begins no other attempt. An update that it has begun goes on.
`,
  run({ server, values, words }) {
    const reason = optional(values, 'reason')
    if (!reason) throw new UsageError('Give a --reason')
    const not_before = optional(values, 'not-before')
    return forEach(words, {
      ...{ verb: 'pinned', json: values.json },
      work: (device) => server.put(PIN, { path: { device }, body: { reason, ...(not_before ? { not_before } : {}) } }),
    })
  },
})

export const unpinCommand = remoteCommand({
  summary: 'Update pinned devices again',
  operands: 'ID...',
  help: '',
  run: ({ server, values, words }) =>
    forEach(words, {
      ...{ verb: 'unpinned', json: values.json },
      work: (device) => server.delete(PIN, { path: { device } }),
    }),
})
