import { type Static, Type } from 'typebox'
import { Plan } from './plan.ts'

export const Tenant = Type.Object({
  id: Type.String(),
  name: Type.String(),
  plan: Plan,
  trial: Type.Boolean(),
  status: Type.Union([Type.Literal('active'), Type.Literal('suspended')]),
  max_devices: Type.Integer({ description: 'Devices that can be accepted; -1: any number' }),
  created_ts: Type.String({ format: 'date-time' }),
})
export type Tenant = Static<typeof Tenant>
