import { Type } from 'typebox'
import { describePlan, PLANS, PlanDetails } from '../../auth/plan.ts'
import { logOut } from '../../auth/sessions/log-out.ts'
import { findTenant } from '../../auth/tenants/find-tenant.ts'
import { nothing } from '../document/responses.ts'
import type { Routes } from '../http.ts'

const tags = ['useradm']

const PlanBinding = Type.Object({
  plan: PlanDetails,
  limits: Type.Object({ devices: Type.Integer({ description: 'That can be accepted; -1: any number' }) }),
})

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
    async () => PLANS.map(describePlan),
  )

  http.get(
    '/plan_binding',
    { schema: { tags, summary: 'The plan in force, and its limits', response: { 200: PlanBinding } } },
    async ({ actor }) => ({
      plan: describePlan(actor.plan),
      limits: { devices: (await findTenant(env, actor)).max_devices },
    }),
  )
}
