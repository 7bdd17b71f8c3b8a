import { Type } from 'typebox'
import { badRequest } from '../errors.ts'

export const secondsParameter = (description: string) =>
  Type.Optional(Type.String({ description: `${description}, in Unix seconds, inclusive` }))

/** Reads a time that a query parameter gives in Unix seconds. */
export function readSeconds(name: string, text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined
  const date = new Date(Number(text) * 1000)
  if (
    !/^-?\d{1,15}$/.test(text) ||
    Number.isNaN(date.getTime()) ||
    date.getUTCFullYear() < 1 ||
    date.getUTCFullYear() > 9999
  )
    throw badRequest(`timestamp parsing failed for ${name} parameter: invalid timestamp: ${text}`)
  return date.toISOString()
}
