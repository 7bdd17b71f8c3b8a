import { type Static, Type } from 'typebox'
import { Plan } from './plan.ts'

export const Tenant = Type.Object({
  id: Type.String({ description: 'ID of the tenant' }),
  name: Type.String({ description: 'Name of the tenant' }),
  plan: Plan,
  trial: Type.Boolean({ description: 'A tenant on trial has all features, whatever its plan' }),
  status: Type.Union([Type.Literal('active'), Type.Literal('suspended')], {
    description: 'No user or device of a suspended tenant can authenticate',
  }),
  max_devices: Type.Integer({ description: 'Devices that can be accepted; -1: no limit' }),
  created_ts: Type.String({ format: 'date-time', description: 'Time of creation' }),
})
export type Tenant = Static<typeof Tenant>
