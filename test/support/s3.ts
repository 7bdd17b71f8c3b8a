import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { startFauxqs } from 'fauxqs'
import S3rver from 's3rver'

const BUCKET = 'artifacts'
// The only login that s3rver accepts.
const LOGIN = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }

export type TestS3 = AsyncDisposable & {
  /** The configuration of a server that stores its artifacts here. */
  settings: Record<string, string>
  /** Keys of all objects. */
  keys(): Promise<string[]>
  /** Keys of the uploads that are neither completed nor cancelled. */
  unfinished(): string[]
  /** Makes every matching request fail from now on: with a status, or without a response. */
  break(when: (method: string, url: string) => number | 'cut' | undefined): void
  /** Received requests, as `METHOD /path?query`. */
  seen: string[]
}

/**
 * A real S3 server on a free port of 127.0.0.1. s3rver checks signatures and headers of presigned links, fauxqs cancels
 * uploads; neither lists unfinished ones. The proxy in front of them does, and injects the errors of a test.
 */
export async function startS3(kind: 's3rver' | 'fauxqs'): Promise<TestS3> {
  const engine = await (kind === 's3rver' ? openS3rver() : openFauxqs())
  const door = await openDoor(engine.port)
  const settings = {
    MUSTER_S3_BUCKET: BUCKET,
    MUSTER_S3_ENDPOINT: `http://127.0.0.1:${door.port}`,
    MUSTER_S3_ACCESS_KEY_ID: LOGIN.accessKeyId,
    MUSTER_S3_SECRET_ACCESS_KEY: LOGIN.secretAccessKey,
  }
  const client = new S3Client({
    ...{ region: 'us-east-1', endpoint: `http://127.0.0.1:${engine.port}`, forcePathStyle: true, credentials: LOGIN },
  })
  return {
    settings,
    keys: async () => {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: BUCKET }))
      return Contents.map(({ Key = '' }) => Key)
    },
    ...door,
    [Symbol.asyncDispose]: async () => {
      client.destroy()
      await door.close()
      await engine.close()
    },
  }
}

async function openS3rver() {
  const directory = await mkdtemp(join(tmpdir(), 'muster-s3-'))
  const configureBuckets = [{ name: BUCKET }]
  const server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory, configureBuckets })
  const { port } = await server.run()
  const close = async () => {
    await server.close()
    await rm(directory, { recursive: true, force: true })
  }
  return { port, close }
}

async function openFauxqs() {
  const server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false })
  server.createBucket(BUCKET)
  return { port: server.port, close: () => server.stop() }
}

type Upload = { key: string; id: string; initiated: string }

async function openDoor(engine_port: number) {
  const seen: string[] = []
  let breaks: Parameters<TestS3['break']>[0] = () => undefined
  const uploads = new Map<string, Upload>()
  const server = createServer((incoming, response) => {
    const { method = '', url = '' } = incoming
    seen.push(`${method} ${url}`)
    const broken = breaks(method, url)
    if (broken === 'cut') return incoming.socket.destroy()
    if (broken) return refuse(incoming, response, broken)
    if (method === 'GET' && /[?&]uploads\b/.test(url)) return response.end(listing([...uploads.values()]))
    pass(engine_port, incoming, response, (status, body) => follow(uploads, { method, url, status, body }))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    seen,
    port: (server.address() as { port: number }).port,
    unfinished: () => [...uploads.values()].map(({ key }) => key),
    break: (when: typeof breaks) => {
      breaks = when
    },
    close: () => {
      server.closeAllConnections()
      return new Promise((closed) => server.close(closed))
    },
  }
}

function refuse(incoming: IncomingMessage, response: ServerResponse, status: number) {
  incoming.resume()
  const code = status === 403 ? 'AccessDenied' : 'InternalError'
  incoming.on('end', () =>
    response.writeHead(status).end(`<Error><Code>${code}</Code><Message>broken</Message></Error>`),
  )
}

function pass(
  port: number,
  incoming: IncomingMessage,
  response: ServerResponse,
  onReply: (status: number, body: Promise<string>) => void,
) {
  const { method, url: path, headers } = incoming
  const onward = request({ host: '127.0.0.1', port, method, path, headers }, (reply) => {
    response.writeHead(reply.statusCode ?? 500, reply.headers)
    onReply(reply.statusCode ?? 500, method === 'POST' ? text(reply) : Promise.resolve(''))
    reply.pipe(response)
  })
  onward.on('error', () => response.destroy())
  incoming.on('close', () => incoming.complete || onward.destroy())
  response.on('close', () => onward.destroy())
  incoming.pipe(onward)
}

type Done = { method: string; url: string; status: number; body: Promise<string> }

async function follow(uploads: Map<string, Upload>, { method, url, status, body }: Done) {
  if (status >= 300) return
  const { pathname, searchParams } = new URL(url, 'http://s3')
  const id = searchParams.get('uploadId')
  if (id && (method === 'DELETE' || method === 'POST')) uploads.delete(id)
  if (method !== 'POST' || !searchParams.has('uploads')) return
  const begun = /<UploadId>([^<]+)/.exec(await body)?.[1] ?? ''
  const key = decodeURIComponent(pathname.slice(`/${BUCKET}/`.length))
  uploads.set(begun, { key, id: begun, initiated: new Date().toISOString() })
}

const listing = (uploads: Upload[]): string => {
  const entries = uploads.map(
    ({ key, id, initiated }) =>
      `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${initiated}</Initiated></Upload>`,
  )
  return `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${entries.join('')}</ListMultipartUploadsResult>`
}
