import { counter } from '../../metrics/metric.ts'

/** `given_up`: it failed, and is not made again. */
const RESULTS = ['delivered', 'failed', 'given_up'] as const
export type Result = (typeof RESULTS)[number]

/** Attempts to send events to integrations, by result. */
export const attempts = counter<'result'>({
  ...{ name: 'muster_webhook_attempts_total', help: 'Attempts to send events to integrations, by result' },
  labels: ['result'],
})

// A rate needs a value before the first failure.
for (const result of RESULTS) attempts(result)
