import { text } from 'node:stream/consumers'
import { optional, required, type Values } from './command.ts'

/** The value of --password; `-` reads the first line of standard input. */
export async function readPassword(values: Values): Promise<string> {
  const password = optional(values, 'password')
  if (password !== '-') return password || required(values, 'password')
  return (await text(process.stdin)).split(/\r?\n/)[0] ?? ''
}
