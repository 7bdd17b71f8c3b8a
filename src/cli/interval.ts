import { optional, UsageError, type Values } from './command.ts'
import { readDuration } from './duration.ts'

/** Milliseconds of an option; a bare number is in seconds. */
export function readInterval(values: Values, name: string, fallback: string): number {
  const text = optional(values, name) ?? fallback
  const ms = readDuration(/^\d+$/.test(text) ? `${text}s` : text)
  if (!ms) throw new UsageError(`--${name} must be a duration such as 90s, 5m or 1h; a bare number is in seconds`)
  return ms
}
