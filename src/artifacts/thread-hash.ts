import { join } from 'node:path'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'

const PROGRAM = join(import.meta.dirname, '..', '..', 'scripts', 'hash-thread.js')
const ROOM = 2 * 1024 * 1024
/** Telling the thread costs both sides; it is told of less only while it has nothing to do. */
const PIECE = 256 * 1024

/** SHA-256 by another thread, which hashes while this one receives what comes next. */
export class ThreadHash {
  readonly #port: MessagePort
  readonly #memory = Buffer.from(new SharedArrayBuffer(ROOM))
  /** Bytes so far: copied into the memory, told to the thread, read by it. */
  #copied = 0
  #told = 0
  #read = 0
  #answered = () => {}
  #checksum: string | undefined
  #isGone = false

  constructor() {
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    openThread().postMessage({ port: port2, memory: this.#memory.buffer }, [port2])
    port1.on('message', (answer: number | string) => {
      if (typeof answer === 'string') this.#checksum = answer
      else this.#read += answer
      if (this.#read === this.#told) this.#tell(1)
      this.#answered()
    })
    port1.on('close', () => {
      this.#isGone = true
      this.#answered()
    })
  }

  /** Copies the bytes. Where there is no room for all of them, answers a promise to be waited for. */
  update(bytes: Uint8Array): Promise<void> | undefined {
    const rest = this.#copy(bytes)
    return rest.length > 0 ? this.#copyAll(rest) : undefined
  }

  async digest(): Promise<string> {
    this.#tell(1)
    this.#port.postMessage(undefined)
    while (this.#checksum === undefined) await this.#answer()
    return this.#checksum
  }

  close() {
    this.#port.close()
  }

  async #copyAll(bytes: Uint8Array) {
    for (let rest = bytes; rest.length > 0; rest = this.#copy(rest)) await this.#answer()
  }

  /** As much as there is room for, and answers the rest. */
  #copy(bytes: Uint8Array): Uint8Array {
    let rest = bytes
    while (rest.length > 0 && this.#copied - this.#read < ROOM) {
      const at = this.#copied % ROOM
      const piece = rest.subarray(0, Math.min(ROOM - at, ROOM - (this.#copied - this.#read)))
      // Twice as fast as `set`, which takes its time with shared memory.
      this.#memory.fill(piece, at, at + piece.length)
      this.#copied += piece.length
      rest = rest.subarray(piece.length)
    }
    this.#tell(this.#read === this.#told ? 1 : PIECE)
    return rest
  }

  /** Of what was copied, unless it is less than so much. */
  #tell(least: number) {
    while (this.#copied - this.#told >= least) {
      const at = this.#told % ROOM
      const length = Math.min(this.#copied - this.#told, ROOM - at)
      this.#port.postMessage({ at, length })
      this.#told += length
    }
  }

  async #answer() {
    if (this.#isGone) throw new Error('The thread that hashes artifacts ended.')
    await new Promise<void>((resolve) => {
      this.#answered = resolve
    })
  }
}

let thread: Worker | undefined

/** One for all, from the first that is needed. It keeps no process from ending. */
function openThread(): Worker {
  if (thread) return thread
  const opened = new Worker(PROGRAM)
  const forget = () => {
    if (thread === opened) thread = undefined
  }
  // Whoever waits for it hears of its end.
  opened.on('error', forget)
  opened.on('exit', forget)
  opened.unref()
  thread = opened
  return opened
}
