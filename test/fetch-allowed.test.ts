import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { fetchAllowed } from '../src/outgoing/fetch-allowed.ts'

const EVERYWHERE = { isAllowed: () => true, allowed_by: 'A_SETTING' }

/** The outcome of a request to a server that writes these bytes once it has the request. */
async function answerTo(bytes: string, options: Parameters<ReturnType<typeof fetchAllowed>>[1] = {}) {
  let received = ''
  const target = createServer((socket) => {
    socket
      .on('error', () => {})
      .on('data', (data) => {
        received += data
        socket.write(bytes)
      })
  }).listen(0, '127.0.0.1')
  await once(target, 'listening')
  const url = `http://127.0.0.1:${(target.address() as AddressInfo).port}/path`
  const response = await fetchAllowed(EVERYWHERE)(url, options).catch((error: Error) => error)
  const text = response instanceof Response ? await response.text() : ''
  target.close()
  await once(target, 'close')
  return { response, text, received }
}

test('a request is sent as by fetch, and its response is returned, a redirect too', async () => {
  const body = new URLSearchParams({ a: 'ä' })
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const redirect = 'HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 2\r\n\r\nno'
  const { response, text, received } = await answerTo(redirect, { method: 'POST', headers, body })
  expect(received).toMatch(/^POST \/path HTTP\/1.1\r\n[\s\S]*content-length: 8\r\n[\s\S]*\r\n\r\na=%C3%A4$/i)
  expect([(response as Response).status, (response as Response).headers.get('location'), text]).toEqual([
    ...[302, 'http://10.0.0.1/', 'no'],
  ])
  const empty = await answerTo('HTTP/1.1 204 No Content\r\n\r\n')
  expect([(empty.response as Response).status, empty.text]).toEqual([204, ''])
})

test('a request ends, whatever the server does', async () => {
  const switched = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'
  expect((await answerTo(switched)).response).toEqual(new Error('the server responded with 101'))
  expect((await answerTo('nonsense\r\n\r\n')).response).toBeInstanceOf(Error)
  const endless = `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(2 ** 20 + 1)}`
  expect((await answerTo(endless)).response).toEqual(new Error('the response is larger than 1048576 bytes'))
  for (const unfinished of ['', 'HTTP/1.1 200 OK\r\nX-Slow: ', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nx'])
    expect((await answerTo(unfinished, { signal: AbortSignal.timeout(500) })).response).toEqual(
      new Error('there was no complete response in time'),
    )
})

test('addresses that are not allowed are not connected to, by their number or by name', async () => {
  const nowhere = { isAllowed: () => false, allowed_by: 'A_SETTING' }
  for (const url of ['http://127.0.0.1:1/', 'http://localhost:1/', 'https://[::1]:1/'])
    await expect(fetchAllowed(nowhere)(url)).rejects.toThrow('not public: A_SETTING does not have it')
})
