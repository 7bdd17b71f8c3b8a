import { PLANS, type Plan } from '../auth/plan.ts'
import { optional, UsageError, type Values } from './command.ts'

/** The value of --plan. */
export function planOf(values: Values, fallback?: Plan): Plan {
  const plan = PLANS.find((known) => known === (optional(values, 'plan') ?? fallback))
  if (!plan) throw new UsageError(`--plan must be one of ${PLANS.join(', ')}`)
  return plan
}
