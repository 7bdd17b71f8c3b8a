import { type Static, Type } from 'typebox'

export const Plan = Type.Union([Type.Literal('os'), Type.Literal('professional'), Type.Literal('enterprise')], {
  title: 'Plan',
  description: 'Which features a tenant has',
})
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

export const PlanFeatures = Type.Record(Type.String(), Type.Boolean(), {
  title: 'PlanFeatures',
  description: 'Whether the plan has a feature, by the name of the feature',
})

/** Every feature that not all plans have, and whether this one does. */
export const featuresOf = (plan: Plan): Static<typeof PlanFeatures> =>
  Object.fromEntries(Object.keys(LOWEST).map((feature) => [feature, planHas(plan, feature as Feature)]))

const PLAN_NAMES: Readonly<Record<Plan, string>> = {
  os: 'Open Source',
  professional: 'Professional',
  enterprise: 'Enterprise',
}

export const PlanDetails = Type.Object(
  { name: Plan, display_name: Type.String({ description: 'Name for people' }), features: PlanFeatures },
  { title: 'PlanDetails', description: 'A plan and its features' },
)

/** As Mender describes plans: with its names of features, those that Muster does not have among them. */
export const describePlan = (name: Plan): Static<typeof PlanDetails> => ({
  name,
  display_name: PLAN_NAMES[name],
  features: {
    ...featuresOf(name),
    ...{ rbac: planHas(name, 'roles'), dynamic_groups: planHas(name, 'saved_filters') },
    ...{ terminal: false, file_transfer: false, configuration: false, monitoring: false, reporting: false },
  },
})
