import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { failureText } from '../src/outgoing/failure-text.ts'
import { post } from '../src/outgoing/post.ts'

type Options = { scheme?: string; timeout_ms?: number }

/** The outcome of a request to a target that writes these bytes once it has the request, and leaves the connection open. */
async function answerTo(bytes: string, { scheme = 'http', timeout_ms = 60_000 }: Options = {}) {
  const target = createServer((socket) => {
    socket.on('error', () => {}).once('data', () => socket.write(bytes))
  }).listen(0, '127.0.0.1')
  await once(target, 'listening')
  const url = `${scheme}://127.0.0.1:${(target.address() as AddressInfo).port}/`
  const options = { headers: {}, body: '{}', isAllowed: () => true, signal: AbortSignal.timeout(timeout_ms) }
  const answer = await post(url, options).catch((error: Error) => error)
  target.close()
  await once(target, 'close')
  return answer
}

test('the beginning of a response is returned, however long it is', async () => {
  expect(await answerTo(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(100_000)}`)).toEqual({
    ...{ status_code: 200, body: 'x'.repeat(500) },
  })
  const short = 'HTTP/1.1 500 Oh\r\nContent-Length: 9\r\n\r\nshort'
  expect(await answerTo(short, { timeout_ms: 500 })).toEqual({ status_code: 500, body: 'short' })
})

test('a request ends, whatever the target does', async () => {
  const switched = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'
  expect(await answerTo(switched)).toEqual(new Error('the target responded with 101'))
  expect(await answerTo('nonsense\r\n\r\n')).toBeInstanceOf(Error)
  for (const unfinished of ['', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 200 OK\r\nX-Slow: '])
    expect(await answerTo(unfinished, { timeout_ms: 500 })).toMatchObject({
      name: expect.stringMatching(/Abort|Timeout/),
    })
})

test('the scheme of an address may be in upper case', async () => {
  const response = 'HTTP/1.1 204 No Content\r\n\r\n'
  expect(await answerTo(response, { scheme: 'HTTP' })).toEqual({ status_code: 204, body: '' })
  expect(await answerTo(response, { scheme: 'HTTPS' })).toMatchObject({ code: expect.stringMatching(/SSL|EPROTO/) })
})

test('a failure is described without the words of OpenSSL, and by the first of several addresses', async () => {
  const plain = await answerTo('HTTP/1.1 204 No Content\r\n\r\n', { scheme: 'https' })
  expect(failureText(plain as Error)).toBe('no TLS is spoken at this port')
  const each = ['connect ECONNREFUSED ::1:1', 'connect ECONNREFUSED 127.0.0.1:1'].map((text) => new Error(text))
  expect(failureText(new AggregateError(each))).toBe('connect ECONNREFUSED ::1:1')
})
