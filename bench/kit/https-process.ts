import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'

// A bare `node:https` that returns 204: the baseline of TLS. Its arguments are the files of a certificate and its key.
const [, , cert = '', key = ''] = process.argv
const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (_request, response) =>
  response.writeHead(204).end(),
)
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 })
await once(server, 'listening')
process.send?.((server.address() as AddressInfo).port)
process.on('disconnect', () => process.exit())
