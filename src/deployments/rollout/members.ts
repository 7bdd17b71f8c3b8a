import { Type } from 'typebox'
import { invalidField } from '../../errors.ts'

/** An optional member of a request, which may be null. */
export const orNull = <Schema extends Parameters<typeof Type.Union>[0][number]>(description: string, schema: Schema) =>
  Type.Optional(Type.Union([schema, Type.Null()], { description }))

/** A whole number of a request, whose limits `readWhole` checks. */
export const whole = (description: string) => orNull(description, Type.Integer())

type Limits = { min: number; max: number }

export const PERCENT: Limits = { min: 1, max: 100 }
/** A year. */
export const MINUTES: Limits = { min: 1, max: 525_600 }
export const DEVICES: Limits = { min: 1, max: 2_147_483_647 }

/** Null if the member is absent; throws an error that names the member if the number is out of its limits. */
export function readWhole(field: string, value: number | null | undefined, { min, max }: Limits): number | null {
  if (value === undefined || value === null) return null
  if (value < min || value > max) throw invalidField(field, `must be between ${min} and ${max}`)
  return value
}
