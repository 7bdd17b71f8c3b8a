import { readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { beforeAll, describe, expect, test } from 'vitest'
import { ARTIFACTS, buildArtifact, noise, sha256, uploadFile } from '../support/artifact.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { startServer } from '../support/server.ts'

const server = useServer()
const tenant = useTenant(server)
let file: Buffer
let uri: string
let id: string
beforeAll(async () => {
  file = await buildArtifact({
    name: 'rel "1" ä',
    compression: 'none',
    payloads: [{ files: { big: noise(3_000_000) } }],
  })
  id = (await uploadFile(tenant.api, file)).headers.get('location')?.split('/').at(-1) ?? ''
  uri = await linkTo(id)
})

const linkTo = async (artifact: string): Promise<string> =>
  (await tenant.api.get(`${ARTIFACTS}/${artifact}/download`)).body.uri

const download = async (headers: Record<string, string> = {}, method = 'GET') => {
  const response = await fetch(uri, { method, headers })
  const body = Buffer.from(await response.arrayBuffer())
  return { status: response.status, headers: response.headers, body }
}

describe('a download link', () => {
  test('is absolute, valid for 15 minutes, and needs no login', async () => {
    const { body } = await tenant.api.get(`${ARTIFACTS}/${id}/download`)
    expect(body).toEqual({
      uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:/),
      expire: expect.any(String),
      method: 'GET',
    })
    const minutes = (Date.parse(body.expire) - Date.now()) / 60_000
    expect(minutes).toBeGreaterThan(14.9)
    expect(minutes).toBeLessThan(15.1)
  })

  test('returns the exact bytes, their length and a name, uncompressed and not chunked', async () => {
    const { status, headers, body } = await download({ 'accept-encoding': 'gzip, br' })
    expect(status).toBe(200)
    expect(body.equals(file)).toBe(true)
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-length': String(file.length),
      'content-type': 'application/vnd.mender-artifact',
      'accept-ranges': 'bytes',
      etag: expect.stringMatching(/^"[^"]+"$/),
      'content-disposition': `attachment; filename="rel _1_ _.mender"; filename*=UTF-8''rel%20%221%22%20%C3%A4.mender`,
    })
    expect([headers.get('content-encoding'), headers.get('transfer-encoding')]).toEqual([null, null])
  })

  test('returns the same headers and no body for HEAD', async () => {
    const { status, headers, body } = await download({}, 'HEAD')
    expect([status, headers.get('content-length'), body.length]).toEqual([200, String(file.length), 0])
    const part = await download({ range: 'bytes=10-19' }, 'HEAD')
    expect([part.status, part.headers.get('content-length')]).toEqual([206, '10'])
  })
})

describe('a range', () => {
  const TOTAL = () => file.length
  test.each<[string, () => [number, number]]>([
    ['bytes=0-', () => [0, TOTAL() - 1]],
    ['bytes=1000000-', () => [1_000_000, TOTAL() - 1]],
    ['bytes=0-0', () => [0, 0]],
    ['bytes=5-9', () => [5, 9]],
    ['bytes=5-99999999999', () => [5, TOTAL() - 1]],
    ['bytes=-7', () => [TOTAL() - 7, TOTAL() - 1]],
    ['bytes=-99999999999', () => [0, TOTAL() - 1]],
    ['Bytes = 5-9'.replaceAll(' ', ''), () => [5, 9]],
  ])('%s is a 206 with exactly these bytes', async (range, expected) => {
    const [start, end] = expected()
    const { status, headers, body } = await download({ range })
    expect(status).toBe(206)
    expect(headers.get('content-range')).toBe(`bytes ${start}-${end}/${file.length}`)
    expect(headers.get('content-length')).toBe(String(end - start + 1))
    expect(body.equals(file.subarray(start, end + 1))).toBe(true)
  })

  test.each(['bytes=1-2,x', 'bytes=9-5', 'bytes=-', 'bytes=a-b', 'items=0-5', 'bytes', ''])(
    '"%s" is ignored: the whole file',
    async (range) => {
      const { status, body } = await download({ range })
      expect([status, body.length]).toEqual([200, file.length])
    },
  )

  test('outside the file is a 416 with its size', async () => {
    for (const range of [`bytes=${file.length}-`, 'bytes=99999999999999999999-', 'bytes=-0']) {
      const { status, headers, body } = await download({ range })
      expect([status, headers.get('content-range')]).toEqual([416, `bytes */${file.length}`])
      expect(JSON.parse(String(body))).toMatchObject({ error: expect.any(String) })
    }
  })

  test('applies only to the file that it began with', async () => {
    const range = 'bytes=5-9'
    const etag = (await download()).headers.get('etag') ?? ''
    const same = await download({ range, 'if-range': etag })
    expect([same.status, same.body.length]).toEqual([206, 5])
    for (const other of ['"other"', `W/${etag}`, 'Mon, 01 Jan 2024 00:00:00 GMT'])
      expect((await download({ range, 'if-range': other })).status).toBe(200)
    // A range that cannot be satisfied is ignored if it does not apply.
    expect((await download({ range: 'bytes=99999999-', 'if-range': '"other"' })).status).toBe(200)
  })

  test('resumes an interrupted download to the exact bytes', async () => {
    const abort = new AbortController()
    const begun = await fetch(uri, { signal: abort.signal })
    const reader = begun.body!.getReader()
    const first = Buffer.from((await reader.read()).value!)
    abort.abort()
    const rest = await download({ range: `bytes=${first.length}-` })
    expect(sha256(Buffer.concat([first, rest.body]))).toBe(sha256(file))
  })
})

describe('several ranges', () => {
  type BodyPart = { type: string; range: string; size: number; sha256: string }
  const digestOf = (bytes: Buffer) => ({ size: bytes.length, sha256: sha256(bytes) })
  /** Reads the body strictly: nothing but what RFC 9110 has in it. */
  const partsOf = ({ headers, body }: { headers: Headers; body: Buffer }): BodyPart[] => {
    const [, boundary] =
      /^multipart\/byteranges; boundary=([0-9a-f]{32})$/.exec(headers.get('content-type') ?? '') ?? []
    const text = body.toString('latin1')
    const [first = '', ...pieces] = `\r\n${text}`.split(`\r\n--${boundary}`)
    expect([first, pieces.pop()]).toEqual(['', '--\r\n'])
    return pieces.map((piece) => {
      const [, type = '', range = '', content = ''] =
        /^\r\nContent-Type: ([^\r]*)\r\nContent-Range: ([^\r]*)\r\n\r\n([\s\S]*)$/.exec(piece) ?? []
      return { type, range, ...digestOf(Buffer.from(content, 'latin1')) }
    })
  }
  const partOf = (start: number, end: number): BodyPart => ({
    type: 'application/vnd.mender-artifact',
    range: `bytes ${start}-${end}/${file.length}`,
    ...digestOf(file.subarray(start, end + 1)),
  })

  test('are a 206 with a part for each, in their order, and the exact length', async () => {
    const response = await download({ range: `bytes=2000000-2999999, 5-9,10-10,-7,${file.length}-` })
    expect(response.status).toBe(206)
    expect(response.headers.get('content-range')).toBeNull()
    expect(response.headers.get('content-length')).toBe(String(response.body.length))
    expect(response.headers.get('transfer-encoding')).toBeNull()
    expect(partsOf(response)).toEqual([
      partOf(2_000_000, 2_999_999),
      partOf(5, 9),
      partOf(10, 10),
      partOf(file.length - 7, file.length - 1),
    ])
  })

  test('with only one inside of the file are that range alone', async () => {
    const { status, headers, body } = await download({ range: `bytes=5-9,${file.length}-` })
    expect([status, headers.get('content-range')]).toEqual([206, `bytes 5-9/${file.length}`])
    expect(body).toEqual(file.subarray(5, 10))
  })

  test('outside of the file are a 416 with its size', async () => {
    const { status, headers } = await download({ range: `bytes=${file.length}-,-0` })
    expect([status, headers.get('content-range')]).toEqual([416, `bytes */${file.length}`])
  })

  test('have the headers of their response for HEAD, too', async () => {
    const range = 'bytes=5-9,20-29'
    const [head, whole] = [await download({ range }, 'HEAD'), await download({ range })]
    expect([head.status, head.body.length]).toEqual([206, 0])
    expect(head.headers.get('content-length')).toBe(whole.headers.get('content-length'))
    expect(head.headers.get('content-type')).toMatch(/^multipart\/byteranges; boundary=/)
  })

  test('that overlap, or are very many, never make a response much larger than the file', async () => {
    const overlapping = await download({ range: `bytes=${Array(150).fill('0-').join()}` })
    expect(overlapping.body.equals(file)).toBe(true)
    const every = (count: number) => Array.from({ length: count }, (_, i) => `${2 * i}-${2 * i}`).join()
    const many = await download({ range: `bytes=${every(200)}` })
    expect(partsOf(many)).toHaveLength(200)
    const more = await download({ range: `bytes=${every(201)}` })
    expect([more.status, more.body.length]).toEqual([200, file.length])
  })

  test('of a file that has changed are the whole file', async () => {
    expect((await download({ range: 'bytes=5-9,20-29', 'if-range': '"other"' })).status).toBe(200)
  })

  test('leave no file open when the client disconnects', async () => {
    const openFiles = async () => (await readdir('/proc/self/fd')).length
    const before = await openFiles()
    const { port, pathname, search } = new URL(uri)
    for (let i = 0; i < 20; i++) {
      const socket = connect(Number(port), '127.0.0.1')
      socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1999999,2000001-\r\n\r\n`)
      await new Promise((resolve) => socket.once('data', resolve))
      socket.destroy()
    }
    await expect.poll(openFiles).toBeLessThanOrEqual(before + 3)
  })
})

describe('a link is rejected', () => {
  const get = async (url: string | URL) => {
    const response = await fetch(url)
    return { status: response.status, body: (await response.json()) as { error: string } }
  }
  const forbidden = { status: 403, body: { error: 'The link is not valid, or has expired: ask for a new one.' } }

  test.each<[string, (url: URL) => void]>([
    ['without a signature', (url) => url.searchParams.delete('signature')],
    ['with another signature', (url) => url.searchParams.set('signature', 'A'.repeat(43))],
    ['with a later end', (url) => url.searchParams.set('expire', String(Number(url.searchParams.get('expire')) + 1))],
    ['with an end that is no number', (url) => url.searchParams.set('expire', 'never')],
    ['without an end', (url) => url.searchParams.delete('expire')],
    [
      'for another artifact',
      (url) => {
        url.pathname = url.pathname.replace(
          id,
          id.replace(/^./, (c) => (c === '0' ? '1' : '0')),
        )
      },
    ],
    [
      'for another tenant',
      (url) => {
        url.pathname = url.pathname.replace(tenant.tenant_id, 'other')
      },
    ],
  ])('%s', async (_what, change) => {
    const url = new URL(uri)
    change(url)
    expect(await get(url)).toMatchObject(forbidden)
  })

  test('with 404 if the artifact is deleted', async () => {
    const gone = (await uploadFile(tenant.api, await buildArtifact({ name: 'gone' }))).headers.get('location') ?? ''
    const { uri } = (await tenant.api.get(`${gone}/download`)).body
    await tenant.api.delete(gone)
    expect(await get(uri)).toMatchObject({ status: 404, body: { error: 'Resource not found' } })
  })

  test('after it has expired', async () => {
    const own = await startServer()
    const { api } = await own.tenant()
    const at = (await uploadFile(api, await buildArtifact())).headers.get('location')
    const { uri } = (await api.get(`${at}/download`)).body
    own.advance(14.9 * 60_000)
    expect((await fetch(uri)).status).toBe(200)
    own.advance(0.2 * 60_000)
    expect(await get(uri)).toMatchObject(forbidden)
    await own[Symbol.asyncDispose]()
  })
})

test('a client that disconnects during a download leaves no file open', async () => {
  const openFiles = async () => (await readdir('/proc/self/fd')).length
  const before = await openFiles()
  const { port, pathname, search } = new URL(uri)
  for (let i = 0; i < 20; i++) {
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await new Promise((resolve) => socket.once('data', resolve))
    socket.destroy()
  }
  await expect.poll(openFiles).toBeLessThanOrEqual(before + 3)
})
