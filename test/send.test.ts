import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { send } from '../src/client/send.ts'

// A server that answers the first request of each connection, and closes the connection when the second arrives.
const answered: Socket[] = []
const server = createServer((socket) => {
  let requests = 0
  socket.on('error', () => {})
  socket.on('data', () => {
    requests++
    if (requests > 1) socket.resetAndDestroy()
    else {
      answered.push(socket)
      socket.write('HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n')
    }
  })
})
let url: string

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
afterAll(() => {
  for (const socket of answered) socket.destroy()
  server.close()
})

test.each(['GET', 'HEAD', 'PUT', 'DELETE'])('%s is sent again if its kept connection is closed', async (method) => {
  await send(url, { method: 'GET' })
  const connections = answered.length
  expect((await send(url, { method })).status).toBe(204)
  expect(answered.length).toBe(connections + 1)
})

test('POST is, too, if it has an idempotency key', async () => {
  await send(url, { method: 'GET' })
  expect((await send(url, { method: 'POST', body: {}, headers: { 'idempotency-key': 'k' } })).status).toBe(204)
})

test.each(['POST', 'PATCH'])('%s is not, because the server may have received it', async (method) => {
  await send(url, { method: 'GET' })
  await expect(send(url, { method })).rejects.toMatchObject({ code: 'ECONNRESET' })
})
