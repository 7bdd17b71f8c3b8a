import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { headersOf } from '../src/webhooks/signature.ts'

const SECRET = '00ff10a7'
const BODY = '{"name":"Zürich \\u0007"}'
const now = new Date()
const headers = headersOf(BODY, { secret: SECRET, now })
const old = headersOf(BODY, { secret: SECRET, now: new Date(now.getTime() - 3_600_000) })
const without = headersOf(BODY, { secret: null, now })
/** What a receiver is sent, and whether it is genuine. */
const REQUESTS = [
  { headers, body: BODY, secret: SECRET, is_genuine: true },
  { headers, body: `${BODY} `, secret: SECRET, is_genuine: false },
  { headers, body: BODY, secret: '00ff', is_genuine: false },
  { headers: old, body: BODY, secret: SECRET, is_genuine: false },
  { headers: without, body: BODY, secret: SECRET, is_genuine: false },
  { headers: { ...headers, 'x-muster-timestamp': 'now' }, body: BODY, secret: SECRET, is_genuine: false },
  { headers: { ...headers, 'x-muster-signature': 'v1=ü' }, body: BODY, secret: SECRET, is_genuine: false },
]
const expected = REQUESTS.map(({ is_genuine }) => is_genuine)

/** An example of the document for users. */
async function exampleIn(language: string): Promise<string> {
  const [, rest = ''] = (await readFile('docs/webhooks.md', 'utf8')).split(`\`\`\`${language}\n`)
  return rest.split('```')[0] ?? ''
}

test('the example in JavaScript recognizes what is genuine', async () => {
  const { isGenuine } = await import(`data:text/javascript,${encodeURIComponent(await exampleIn('js'))}`)
  expect(REQUESTS.map(({ headers, body, secret }) => isGenuine(headers, body, secret))).toEqual(expected)
})

const HAS_PYTHON = spawnSync('python3', ['--version']).status === 0

const ASK = `
import json, sys
from email.message import Message
def verdict(request):
    headers = Message()
    for name, value in request["headers"].items():
        headers[name] = value
    return is_genuine(headers, request["body"].encode(), request["secret"])
print(json.dumps([verdict(request) for request in json.load(sys.stdin)]))
`

test.skipIf(!HAS_PYTHON && process.env.CI !== 'true')('the example in Python does, too', async () => {
  const program = (await exampleIn('python')) + ASK
  const { stdout, stderr } = spawnSync('python3', ['-c', program], { input: JSON.stringify(REQUESTS) })
  expect(String(stderr)).toBe('')
  expect(JSON.parse(String(stdout))).toEqual(expected)
})
