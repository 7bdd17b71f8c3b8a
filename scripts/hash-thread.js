import { createHash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'

// A worker thread of the server (`src/artifacts/thread-hash.ts`). JavaScript, because Node 20 cannot start a worker
// thread from TypeScript.

/** Digests per port, over the chunks of shared memory that its messages name. A chunk is acknowledged once read. */
parentPort.on('message', ({ port, memory, algorithms }) => {
  const hashes = algorithms.map((algorithm) => createHash(algorithm))
  port.on('message', (chunk) => {
    if (!chunk) return port.postMessage(hashes.map((hash) => hash.digest('hex')))
    const bytes = new Uint8Array(memory, chunk.at, chunk.length)
    for (const hash of hashes) hash.update(bytes)
    port.postMessage(chunk.length)
  })
})
