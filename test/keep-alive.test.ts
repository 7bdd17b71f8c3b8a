import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { keepAliveFor } from '../src/http/traffic/keep-alive.ts'
import { useServer } from './support/fixtures.ts'

const server = useServer()

test('idle connections are kept for 72 seconds while they are few, and for 5 if they are many', () => {
  expect([0, 2000, 6000, 10_000, 50_000].map(keepAliveFor)).toEqual([72_000, 72_000, 39_000, 5000, 5000])
})

test('a response says how long its connection is kept, which is shorter the more are open', async () => {
  expect(await keptFor()).toBe(72)
  const sockets = await openMany(2600)
  // Checked each second.
  await expect.poll(keptFor).toBeLessThan(70)
  for (const socket of sockets) socket.destroy()
  await expect.poll(keptFor).toBe(72)
})

async function keptFor(): Promise<number> {
  const response = await fetch(`${server.url}/health`)
  await response.text()
  return Number(/timeout=(\d+)/.exec(response.headers.get('keep-alive') ?? '')?.[1])
}

async function openMany(count: number): Promise<Socket[]> {
  const { port, hostname } = new URL(server.url)
  const sockets: Socket[] = []
  while (sockets.length < count) sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => open()))))
  return sockets

  function open(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket: Socket = connect(Number(port), hostname, () => resolve(socket)).once('error', reject)
    })
  }
}
