import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

/** Whether there is somebody to answer. */
export const canAsk = (): boolean => Boolean(process.stdin.isTTY && process.stderr.isTTY)

/** The answer typed at the terminal; a secret one is not shown. */
export async function ask(question: string, { secret = false } = {}): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: secret ? nowhere : process.stderr, terminal: true })
  if (secret) process.stderr.write(question)
  try {
    return await lines.question(secret ? '' : question)
  } finally {
    lines.close()
    if (secret) process.stderr.write('\n')
  }
}
