import { Readable } from 'node:stream'
import { gauge } from '../../metrics/metric.ts'

/** An event that replaces an unsent one of the same key. */
export type Frame = { key: string; text: string }

const RETRY_MS = 2000
const HEARTBEAT_MS = 15_000
/** Heartbeats that a client may leave unread. */
const PATIENCE = 4
/** Unsent events at the most. */
const MOST_WAITING = 2000

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
 * Server-sent events to one client. One that reads slowly gets the newest event of each key; one that never reads is
 * let go.
 */
export class EventStream extends Readable {
  readonly #waiting = new Map<string, string>()
  readonly #heart = setInterval(() => this.#beat(), HEARTBEAT_MS)
  #hungry = false
  #missed = 0
  #ended = false

  constructor() {
    super()
    open++
    this.push(`retry: ${RETRY_MS}\n\n`)
  }

  /** Later events stand behind earlier ones; `anew` drops those that still wait. */
  put(frames: readonly Frame[], { anew }: { anew: boolean }): void {
    if (anew) this.#waiting.clear()
    for (const { key, text } of frames) {
      this.#waiting.delete(key)
      this.#waiting.set(key, text)
    }
    if (this.#waiting.size > MOST_WAITING) this.destroy()
    this.#flush()
  }

  /** Ends in good order, or at once where nobody reads. */
  finish(): void {
    if (this.#ended) return
    this.#ended = true
    if (this.#hungry) this.push(null)
    else this.destroy()
  }

  override _read(): void {
    this.#hungry = true
    this.#missed = 0
    this.#flush()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#ended = true
    open--
    clearInterval(this.#heart)
    done(error)
  }

  #flush(): void {
    if (this.#ended || !this.#hungry || this.#waiting.size === 0) return
    const text = [...this.#waiting.values()].join('')
    this.#waiting.clear()
    this.#hungry = this.push(text)
  }

  #beat(): void {
    if (this.#ended) return
    if (this.#hungry) this.#hungry = this.push(': still here\n\n')
    else if (++this.#missed > PATIENCE) this.destroy()
  }
}
