import { required, type Values } from './command.ts'
import { readSecret } from './secret.ts'

/** The value of --password; `-` reads the first line of standard input. */
export async function readPassword(values: Values): Promise<string> {
  const password = await readSecret(values, 'password')
  return values.password === '-' ? (password ?? '') : password || required(values, 'password')
}
