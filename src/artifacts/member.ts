import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { invalidArtifact } from '../errors.ts'
import { findUnstorable, type Unstorable } from '../text.ts'

const MAX_DEPTH = 32

export const invalidMember = (name: string, problem: string) => invalidArtifact(`${name}: ${problem}`)

/** A member exceeds a limit; `remedy` says what to do about it. */
export const limitExceeded = (name: string, limit: string, remedy: string) => invalidMember(name, `${limit}: ${remedy}`)

/** Parses a JSON member of an artifact, which must match the schema and hold nothing that cannot be stored. */
export function parseMember<Schema extends TSchema>(name: string, bytes: Buffer, schema: Schema): Static<Schema> {
  const value = parseJson(name, bytes)
  if (Value.Check(schema, value)) return value
  const [first] = Value.Errors(schema, value)
  throw invalidMember(name, `${first?.instancePath || 'it'} ${first?.message ?? 'is not valid'}`)
}

function parseJson(name: string, bytes: Buffer): unknown {
  try {
    const text = decodeText(name, bytes)
    const value: unknown = JSON.parse(text)
    const problem = findUnstorable(value, MAX_DEPTH, text)
    if (problem) throw new Error(PROBLEMS[problem])
    return value
  } catch (error) {
    throw invalidMember(name, (error as Error).message)
  }
}

export function decodeText(name: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalidMember(name, 'not UTF-8')
  }
}

const PROBLEMS: Record<Unstorable, string> = {
  depth: `nested deeper than ${MAX_DEPTH} levels`,
  number: 'a number is too large',
  NUL: 'a string holds what cannot be stored',
  surrogate: 'a string holds what cannot be stored',
}
