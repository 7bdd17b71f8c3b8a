import { join } from 'node:path'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { ByteSink } from '../byte-sink.ts'
import { PACKAGE_DIR } from '../package-dir.ts'

const PROGRAM = join(PACKAGE_DIR, 'scripts', 'hash-thread.js')
const BUFFER_SIZE = 2 * 1024 * 1024
/** A message costs both threads time: fewer bytes than this are posted only while the other thread is idle. */
const MIN_POST = 256 * 1024

type Algorithm = 'sha256' | 'sha1' | 'md5'
type Digests<Algorithms extends readonly Algorithm[]> = { [Index in keyof Algorithms]: string }

/** Digests computed by another thread, while this one receives the bytes that follow. */
export class ThreadHash<const Algorithms extends readonly Algorithm[]> implements ByteSink {
  readonly #port: MessagePort
  /** A ring buffer, shared with the thread. */
  readonly #buffer = Buffer.from(new SharedArrayBuffer(BUFFER_SIZE))
  /** Bytes so far: copied into the buffer, posted to the thread, hashed by it. */
  #copied = 0
  #posted = 0
  #hashed = 0
  #wake = () => {}
  #digests: Digests<Algorithms> | undefined
  #isClosed = false

  constructor(algorithms: Algorithms) {
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    openThread().postMessage({ port: port2, memory: this.#buffer.buffer, algorithms }, [port2])
    port1.on('message', (message: number | Digests<Algorithms>) => {
      if (typeof message === 'number') this.#hashed += message
      else this.#digests = message
      if (this.#hashed === this.#posted) this.#post(1)
      this.#wake()
    })
    port1.on('close', () => {
      this.#isClosed = true
      this.#wake()
    })
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    const rest = this.#copy(bytes)
    return rest.length > 0 ? this.#copyAll(rest) : undefined
  }

  /** In hexadecimal, in the order of the algorithms. */
  async digest(): Promise<Digests<Algorithms>> {
    this.#post(1)
    this.#port.postMessage(undefined)
    while (this.#digests === undefined) await this.#nextMessage()
    return this.#digests
  }

  close() {
    this.#port.close()
  }

  async #copyAll(bytes: Uint8Array) {
    for (let rest = bytes; rest.length > 0; rest = this.#copy(rest)) await this.#nextMessage()
  }

  /** Copies as much as the buffer has capacity for, and returns the rest. */
  #copy(bytes: Uint8Array): Uint8Array {
    let rest = bytes
    while (rest.length > 0 && this.#copied - this.#hashed < BUFFER_SIZE) {
      const at = this.#copied % BUFFER_SIZE
      const part = rest.subarray(0, Math.min(BUFFER_SIZE - at, BUFFER_SIZE - (this.#copied - this.#hashed)))
      // Twice as fast as `set`, which is slow with shared memory.
      this.#buffer.fill(part, at, at + part.length)
      this.#copied += part.length
      rest = rest.subarray(part.length)
    }
    const isIdle = this.#hashed === this.#posted
    this.#post(isIdle ? 1 : MIN_POST)
    return rest
  }

  /** Posts what was copied to the thread, if it is at least `min` bytes. */
  #post(min: number) {
    while (this.#copied - this.#posted >= min) {
      const at = this.#posted % BUFFER_SIZE
      const length = Math.min(this.#copied - this.#posted, BUFFER_SIZE - at)
      this.#port.postMessage({ at, length })
      this.#posted += length
    }
  }

  async #nextMessage() {
    if (this.#isClosed) throw new Error('The thread that hashes artifacts ended.')
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
  }
}

let thread: Worker | undefined

/** One thread for all hashes, started for the first. It does not keep the process from ending. */
function openThread(): Worker {
  if (thread) return thread
  const opened = new Worker(PROGRAM)
  const forget = () => {
    if (thread === opened) thread = undefined
  }
  // A hash in progress fails by the end of its port.
  opened.on('error', forget)
  opened.on('exit', forget)
  opened.unref()
  thread = opened
  return opened
}
