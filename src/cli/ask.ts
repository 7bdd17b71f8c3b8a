import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

/** Whether there is somebody to answer. */
export const canAsk = (): boolean => Boolean(process.stdin.isTTY && process.stderr.isTTY)

/** The answer typed at the terminal; a secret one is not shown. */
export async function ask(question: string, { secret = false } = {}): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: secret ? nowhere : process.stderr, terminal: true })
  const givenUp = new AbortController()
  for (const event of ['SIGINT', 'close'] as const) lines.once(event, () => givenUp.abort())
  if (secret) process.stderr.write(question)
  try {
    return await lines.question(secret ? '' : question, { signal: givenUp.signal })
  } catch {
    throw new Error('Cancelled: nothing was changed.')
  } finally {
    lines.close()
    if (secret) process.stderr.write('\n')
  }
}
