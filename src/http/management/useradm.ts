import { Type } from 'typebox'
import { logOut } from '../../auth/log-out.ts'
import { featuresOf, PLANS, Plan, PlanFeatures } from '../../auth/plan.ts'
import type { Routes } from '../http.ts'
import { nothing } from '../responses.ts'

const tags = ['useradm']

const DISPLAY_NAMES: Readonly<Record<Plan, string>> = {
  os: 'Open Source',
  professional: 'Professional',
  enterprise: 'Enterprise',
}

const PlanDetails = Type.Object({ name: Plan, display_name: Type.String(), features: PlanFeatures })

export const useradmRoutes: Routes = (http, env) => {
  http.post(
    '/auth/logout',
    { schema: { tags, summary: 'End the session; its token is dead at once', response: { 202: nothing() } } },
    async ({ actor }, reply) => {
      await logOut(env, actor)
      return reply.code(202).send()
    },
  )

  http.get(
    '/plans',
    { schema: { tags, summary: 'The plans that there are', response: { 200: Type.Array(PlanDetails) } } },
    async () =>
      PLANS.map((name) => ({
        ...{ name, display_name: DISPLAY_NAMES[name], features: featuresOf(name) },
      })),
  )

  http.get(
    '/plan_binding',
    { schema: { tags, summary: 'The plan in force', response: { 200: Type.Object({ plan_name: Plan }) } } },
    async ({ actor }) => ({ plan_name: actor.plan }),
  )
}
