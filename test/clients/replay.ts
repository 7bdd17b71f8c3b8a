import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { exchange, type RawResponse } from './exchange.ts'

/** A request as recorded; in braces what differs from run to run. */
type RequestStep = { request: string; head: string; body?: string; broken_off?: true }
/** What a user did in the meantime. */
export type UserStep = { do: 'accept' | 'abort' } | { do: 'deploy'; release: string; retries?: number }
/** The statistics of the newest deployment. */
type ExpectStep = { expect: Record<string, number> }
/** The release that the server then takes for installed. */
type InstalledStep = { installed: string }
type Step = RequestStep | UserStep | ExpectStep | InstalledStep

export type Recording = { recorded: string; heads: Record<string, string>; steps: Step[] }

export const readRecording = (name: string): Recording =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../fixtures/ddi/${name}.json`), 'utf8'))

/** What a client has learned from the responses so far. */
type Learned = Record<'deployment' | 'tail' | 'action' | 'download' | 'etag' | 'received', string>

export type Exchanged = { step: RequestStep; path: string; response: RawResponse; learned: Readonly<Learned> }

export type Player = { play(step: RequestStep): Promise<Exchanged> }

/** `base`: the path of the device. */
export function openPlayer(url: string, { heads }: Recording, values: { base: string; token: string }): Player {
  const learned: Learned = { deployment: '', tail: '', action: '', download: '', etag: '', received: '' }
  const fill = (text: string, more: Record<string, string> = {}) => {
    const all: Record<string, string> = { host: new URL(url).host, ...values, ...learned, ...more }
    return text.replace(/\{([a-z]+)\}/g, (whole, name) => all[name] ?? whole)
  }
  return {
    async play(step) {
      const body = fill(step.body ?? '')
      const [method, path = ''] = fill(step.request).split(' ')
      const head = fill(heads[step.head] ?? '', { length: String(Buffer.byteLength(body)) })
      const bytes = `${method} ${path} HTTP/1.1\r\n${head}\r\n\r\n${body}`
      const response = await exchange(url, bytes, step.broken_off)
      learn(learned, response, step)
      return { step, path, response, learned: { ...learned } }
    },
  }
}

function learn(learned: Learned, { headers, body }: RawResponse, { request }: RequestStep) {
  learned.etag = headers.get('etag') ?? learned.etag
  if (request.includes('{download}')) learned.received = String(body.length)
  if (!headers.get('content-type')?.includes('json')) return
  const { _links: links, deployment } = JSON.parse(body.toString())
  const href: string | undefined = links?.deploymentBase?.href ?? links?.cancelAction?.href
  if (href) {
    const { pathname, search } = new URL(href)
    learned.deployment = pathname + search
    learned.tail = /(deploymentBase|cancelAction)\/.*$/.exec(href)?.[0] ?? ''
    learned.action = /\d+$/.exec(pathname)?.[0] ?? ''
  }
  const [file] = deployment?.chunks[0]?.artifacts ?? []
  if (file) learned.download = new URL(file._links['download-http'].href).pathname
}
