import type { AddressInfo } from 'node:net'
import fastify from 'fastify'

// A bare Fastify server on the same machine: the baseline of the ratios.
const http = fastify()
http.get('/', async () => 'hello')
await http.listen({ host: '127.0.0.1', port: 0 })
process.send?.((http.server.address() as AddressInfo).port)
process.on('disconnect', () => process.exit())
