import { readConfig } from './config.ts'
import { serve } from './serve.ts'

/** Runs one command and answers its exit code. */
export async function runCommand(_argv: string[]): Promise<number> {
  await using server = await serve(readConfig())
  console.log(`Muster listens on ${server.url}`)
  await new Promise((resolve) => process.once('SIGTERM', resolve))
  return 0
}
