import { createHash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'

// A thread of the server (`src/artifacts/thread-hash.ts`). Plain, because Node 20 can start no thread from TypeScript.

/** One digest for each port: of the pieces of the shared memory that are told, each answered once it was read. */
parentPort.on('message', ({ port, memory }) => {
  const hash = createHash('sha256')
  port.on('message', (piece) => {
    if (!piece) return port.postMessage(hash.digest('hex'))
    hash.update(new Uint8Array(memory, piece.at, piece.length))
    port.postMessage(piece.length)
  })
})
