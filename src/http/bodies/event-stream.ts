import { Readable } from 'node:stream'
import { gauge } from '../../metrics/metric.ts'

/** An event that replaces an unsent one of the same key. */
export type Frame = { key: string; text: string }

const RETRY_MS = 2000
const HEARTBEAT_MS = 15_000
/** Heartbeats that a client may leave unread. */
const MAX_MISSED = 4
/** Unsent events. */
const MAX_WAITING = 2000

export const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
  // A stream has no next request: the connection ends with it.
  connection: 'close',
}

export const frame = (event: string, data: object, { id, key = event }: { id?: string; key?: string } = {}): Frame => ({
  key,
  text: `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`,
})

let open = 0
gauge({ name: 'muster_event_streams', help: 'Event streams that are open' }, () => [{ labels: {}, value: open }])

/**
 * Server-sent events to one client. A slow reader gets the newest event of each key; a client that never reads is
 * disconnected.
 */
export class EventStream extends Readable {
  readonly #waiting = new Map<string, string>()
  readonly #heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS)
  /** Whether the client has read what was sent. */
  #isReadable = false
  #missed = 0
  #ended = false

  constructor() {
    super()
    open++
    this.push(`retry: ${RETRY_MS}\n\n`)
  }

  /** Sends events after those that wait; `reset` drops the latter. */
  put(frames: readonly Frame[], { reset }: { reset: boolean }): void {
    if (reset) this.#waiting.clear()
    for (const { key, text } of frames) {
      this.#waiting.delete(key)
      this.#waiting.set(key, text)
    }
    if (this.#waiting.size > MAX_WAITING) this.destroy()
    this.#flush()
  }

  /** Ends the stream: in good order, or at once if the client does not read. */
  finish(): void {
    if (this.#ended) return
    this.#ended = true
    if (this.#isReadable) this.push(null)
    else this.destroy()
  }

  override _read(): void {
    this.#isReadable = true
    this.#missed = 0
    this.#flush()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#ended = true
    open--
    clearInterval(this.#heartbeat)
    done(error)
  }

  #flush(): void {
    if (this.#ended || !this.#isReadable || this.#waiting.size === 0) return
    const text = [...this.#waiting.values()].join('')
    this.#waiting.clear()
    this.#isReadable = this.push(text)
  }

  #beat(): void {
    if (this.#ended) return
    if (this.#isReadable) this.#isReadable = this.push(': still here\n\n')
    else if (++this.#missed > MAX_MISSED) this.destroy()
  }
}
