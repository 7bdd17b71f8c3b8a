import { text } from 'node:stream/consumers'
import { optional, type Values } from './command.ts'

/** The value of an option that may be secret; `-` reads the first line of standard input. */
export async function readSecret(values: Values, name: string): Promise<string | undefined> {
  const value = optional(values, name)
  return value === '-' ? ((await text(process.stdin)).split(/\r?\n/)[0] ?? '') : value
}
