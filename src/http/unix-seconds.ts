import { badRequest } from '../errors.ts'

/** A time of the query, given in Unix seconds. */
export function readSeconds(name: string, text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined
  const date = new Date(Number(text) * 1000)
  if (!/^-?\d{1,15}$/.test(text) || Number.isNaN(date.getTime()) || date.getUTCFullYear() < 0)
    throw badRequest(`timestamp parsing failed for ${name} parameter: invalid timestamp: ${text}`)
  return date.toISOString()
}
