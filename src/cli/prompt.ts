import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

/** Whether the command runs on a terminal and can prompt for input. */
export const isInteractive = (): boolean => Boolean(process.stdin.isTTY && process.stderr.isTTY)

/** Prompts on the terminal. A secret is not echoed. */
export async function prompt(question: string, { secret = false } = {}): Promise<string> {
  const discard = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: secret ? discard : process.stderr, terminal: true })
  const cancelled = new AbortController()
  for (const event of ['SIGINT', 'close'] as const) lines.once(event, () => cancelled.abort())
  if (secret) process.stderr.write(question)
  try {
    return await lines.question(secret ? '' : question, { signal: cancelled.signal })
  } catch {
    throw new Error('Cancelled: nothing was changed.')
  } finally {
    lines.close()
    if (secret) process.stderr.write('\n')
  }
}
