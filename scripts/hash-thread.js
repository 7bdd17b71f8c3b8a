import { createHash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'

// A worker thread of the server (`src/artifacts/thread-hash.ts`). JavaScript, because Node 20 cannot start a worker
// thread from TypeScript.

/** One digest per port, over the chunks of shared memory that its messages name. A chunk is acknowledged once read. */
parentPort.on('message', ({ port, memory }) => {
  const hash = createHash('sha256')
  port.on('message', (chunk) => {
    if (!chunk) return port.postMessage(hash.digest('hex'))
    hash.update(new Uint8Array(memory, chunk.at, chunk.length))
    port.postMessage(chunk.length)
  })
})
