import { type Static, Type } from 'typebox'

export const Plan = Type.Union([Type.Literal('os'), Type.Literal('professional'), Type.Literal('enterprise')], {
  title: 'Plan',
  description: 'Which features a tenant has',
})
export type Plan = Static<typeof Plan>

export const PLANS: readonly Plan[] = ['os', 'professional', 'enterprise']

/** The lowest plan that has each feature. Every plan has the features that are not listed. */
const LOWEST_PLAN = {
  scheduled_deployments: 'professional',
  retries: 'professional',
  autogenerate_delta: 'professional',
  saved_filters: 'enterprise',
  dynamic_deployments: 'enterprise',
  phased_deployments: 'enterprise',
  rollout_rules: 'enterprise',
  artifact_depends: 'enterprise',
  update_control_map: 'enterprise',
  audit_logs: 'enterprise',
  roles: 'enterprise',
} as const satisfies Record<string, Plan>

export type Feature = keyof typeof LOWEST_PLAN

export const planHas = (plan: Plan, feature: Feature): boolean =>
  PLANS.indexOf(plan) >= PLANS.indexOf(LOWEST_PLAN[feature])

export const PlanFeatures = Type.Record(Type.String(), Type.Boolean(), {
  title: 'PlanFeatures',
  description: 'Whether the plan has a feature, by the name of the feature',
})

/** Each feature that not all plans have, and whether this plan has it. */
export const featuresOf = (plan: Plan): Static<typeof PlanFeatures> =>
  Object.fromEntries(Object.keys(LOWEST_PLAN).map((feature) => [feature, planHas(plan, feature as Feature)]))

const PLAN_NAMES: Readonly<Record<Plan, string>> = {
  os: 'Open Source',
  professional: 'Professional',
  enterprise: 'Enterprise',
}

export const PlanDetails = Type.Object(
  { name: Plan, display_name: Type.String({ description: 'Name for people' }), features: PlanFeatures },
  { title: 'PlanDetails', description: 'A plan and its features' },
)

/** As Mender describes plans: by its names of features, including those that Muster lacks. */
export const describePlan = (name: Plan): Static<typeof PlanDetails> => ({
  name,
  display_name: PLAN_NAMES[name],
  features: {
    ...featuresOf(name),
    ...{ rbac: planHas(name, 'roles'), dynamic_groups: planHas(name, 'saved_filters') },
    ...{ terminal: false, file_transfer: false, configuration: true, monitoring: false, reporting: false },
  },
})
