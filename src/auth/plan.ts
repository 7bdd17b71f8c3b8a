import { type Static, Type } from 'typebox'

export const Plan = Type.Union([Type.Literal('os'), Type.Literal('professional'), Type.Literal('enterprise')])
export type Plan = Static<typeof Plan>

export const PLANS: readonly Plan[] = ['os', 'professional', 'enterprise']

/** The lowest plan that has each feature; what is not listed, every plan has. */
const LOWEST = {
  scheduled_deployments: 'professional',
  retries: 'professional',
  autogenerate_delta: 'professional',
  saved_filters: 'enterprise',
  dynamic_deployments: 'enterprise',
  phased_deployments: 'enterprise',
  artifact_depends: 'enterprise',
  update_control_map: 'enterprise',
  audit_logs: 'enterprise',
  roles: 'enterprise',
} as const satisfies Record<string, Plan>

export type Feature = keyof typeof LOWEST

export const planHas = (plan: Plan, feature: Feature): boolean => PLANS.indexOf(plan) >= PLANS.indexOf(LOWEST[feature])

export const PlanFeatures = Type.Record(Type.String(), Type.Boolean())

/** Every feature that not all plans have, and whether this one does. */
export const featuresOf = (plan: Plan): Static<typeof PlanFeatures> =>
  Object.fromEntries(Object.keys(LOWEST).map((feature) => [feature, planHas(plan, feature as Feature)]))
