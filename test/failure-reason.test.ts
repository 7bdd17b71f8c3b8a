import { expect, test } from 'vitest'
import { failureReason } from '../src/deployments/failure-reason.ts'

const log = (...lines: [level: string, message: string][]) =>
  lines.map(([level, message]) => ({ timestamp: '2026-01-01T00:00:00Z', level, message }))

test('the reason is the last error, or else the last message that speaks of a failure', () => {
  expect(failureReason(log(['error', 'first'], ['ERROR', 'second'], ['info', 'Rolled back.']))).toBe('second')
  expect(failureReason(log(['info', 'Downloading.'], ['info', 'Update failed: no answer'], ['info', 'Bye']))).toBe(
    'Update failed: no answer',
  )
  expect(failureReason(log(['info', 'Downloading.']))).toBeUndefined()
  expect(failureReason([])).toBeUndefined()
})

test.each([
  ['write /data/u-boot/file_12.img: no space left on device', 'write <path>: no space left on device'],
  [
    'short write: 4096 of 81,920 bytes, 3.5 MiB missing',
    'short write: <number> of <number> bytes, <number> MiB missing',
  ],
  [
    'checksum mismatch: 5feceb66ffc86f38d952786c6d696c79 is not 6b86b273ff34fce1',
    'checksum mismatch: <id> is not <id>',
  ],
  ['device 3fa85f64-5717-4562-b3fc-2c963f66afa6 is gone', 'device <id> is gone'],
  ['GET https://example.com/a?b=c: 403', 'GET <url>: <number>'],
  ['dial tcp 10.0.0.7:443: connect: connection refused', 'dial tcp <address>: connect: connection refused'],
  ['link of 00:1a:2b:3c:4d:5e is down', 'link of <id> is down'],
  [
    'time="2026-01-01T10:00:00Z" level=error msg="Process exited with status 256"',
    'Process exited with status <number>',
  ],
  ['exit status 1\nand more', 'exit status <number>'],
  ['segfault at 0x7fff01', 'segfault at <id>'],
  ['sha256 of the rootfs differs', 'sha256 of the rootfs differs'],
  ['the cabbage decade facade is bad', 'the cabbage decade facade is bad'],
])('%j is stored as %j', (message, reason) => {
  expect(failureReason(log(['error', message]))).toBe(reason)
})

test('a reason is short, however long the message, and takes no time to find', () => {
  const long = failureReason(log(['error', `${'x'.repeat(1_000_000)}`])) ?? ''
  expect([long.length, long.at(-1)]).toEqual([200, '…'])
  for (const evil of ['/'.repeat(500_000), '1.'.repeat(500_000), `msg="${'\\'.repeat(500_000)}`, ':'.repeat(500_000)])
    expect(failureReason(log(['error', evil]))?.length).toBeLessThanOrEqual(200)
})
