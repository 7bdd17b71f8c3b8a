import { text } from 'node:stream/consumers'
import { optional, required, type Values } from './command.ts'

/** The value of --password; `-` stands for the first line of standard input. */
export async function readPassword(values: Values): Promise<string> {
  const given = optional(values, 'password')
  if (given !== '-') return given || required(values, 'password')
  return (await text(process.stdin)).split(/\r?\n/)[0] ?? ''
}
