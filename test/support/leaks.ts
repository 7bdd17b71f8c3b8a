import { afterAll, beforeAll, expect } from 'vitest'

/** Resources that keep a process running, and that a server may leak. */
const KINDS = ['Timeout', 'ProcessWrap', 'TCPServerWrap', 'TCPSocketWrap', 'PipeWrap', 'PipeConnectWrap', 'TLSWrap']
const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const

type Counts = Record<string, number>

function countAll(): Counts {
  const resources = process.getActiveResourcesInfo()
  return Object.fromEntries([
    ...KINDS.map((kind) => [kind, resources.filter((one) => one === kind).length]),
    ...SIGNALS.map((signal) => [`listeners of ${signal}`, process.listenerCount(signal)]),
  ])
}

const beyond = (before: Counts): Counts =>
  Object.fromEntries(
    Object.entries(countAll())
      .map(([kind, count]): [string, number] => [kind, count - (before[kind] ?? 0)])
      .filter(([, more]) => more > 0),
  )

const WITHIN_MS = 10_000

let before: Counts
beforeAll(() => {
  // Created when they are first used: as pipes, they would count as leaked by the test that writes to them.
  void [process.stdout, process.stderr]
  before = countAll()
})
// Registered first, so that it runs after all other hooks of the file.
afterAll(async () => {
  let left = beyond(before)
  // Sockets close shortly after their servers.
  for (const deadline = Date.now() + WITHIN_MS; Object.keys(left).length > 0 && Date.now() < deadline; ) {
    await new Promise((wake) => setTimeout(wake, 20))
    left = beyond(before)
  }
  expect(left, 'resources that the tests of the file leaked').toEqual({})
})
