import { Type } from 'typebox'
import { describePlan, PLANS, PlanDetails } from '../../auth/plan.ts'
import { logOut } from '../../auth/sessions/log-out.ts'
import { findTenant } from '../../auth/tenants/find-tenant.ts'
import { nothing } from '../document/responses.ts'
import type { Routes } from '../http.ts'

const tags = ['useradm']

const PlanBinding = Type.Object(
  {
    plan: PlanDetails,
    limits: Type.Object(
      { devices: Type.Integer({ description: 'Devices that can be accepted; -1: no limit' }) },
      { description: 'Limits of the tenant' },
    ),
  },
  { title: 'PlanBinding', description: 'The plan of a tenant' },
)

export const useradmRoutes: Routes = (http, env) => {
  http.post(
    '/auth/logout',
    {
      schema: {
        ...{ tags, operationId: 'logOut', summary: 'Log out: end the session and its token' },
        response: { 202: nothing() },
      },
    },
    async ({ actor }, reply) => {
      await logOut(env, actor)
      return reply.code(202).send()
    },
  )

  http.get(
    '/plans',
    {
      schema: {
        ...{ tags, operationId: 'listPlans', summary: 'List all plans' },
        response: { 200: Type.Array(PlanDetails) },
      },
    },
    async () => PLANS.map(describePlan),
  )

  http.get(
    '/plan_binding',
    {
      schema: {
        ...{ tags, operationId: 'getPlan', summary: 'Get the plan of the tenant and its limits' },
        response: { 200: PlanBinding },
      },
    },
    async ({ actor }) => ({
      plan: describePlan(actor.plan),
      limits: { devices: (await findTenant(env, actor)).max_devices },
    }),
  )
}
