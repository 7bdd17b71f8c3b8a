import { beforeAll, describe, expect, test } from 'vitest'
import { type Api, openApi } from '../support/api.ts'
import { useServer } from '../support/fixtures.ts'

const server = useServer()
let api: Api
beforeAll(async () => {
  api = openApi(server.url)
})

const asset = async () => /\/assets\/index-[\w-]+\.js/.exec((await api.get('/')).text)?.[0] ?? 'no script in the page'

describe('the page', () => {
  test.each(['/', '/devices', '/devices/some-id', '/deployments/new', '/settings/users', '/releases/a%20b'])(
    'is the same at %s',
    async (path) => {
      const { status, headers, text } = await api.get(path)
      expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
      expect(text).toContain('<div id="root"></div>')
    },
  )

  test('has a policy that allows only files of this origin and elements with the nonce of the response', async () => {
    const [one, other] = [await api.get('/'), await api.get('/')]
    const policy = one.headers.get('content-security-policy') ?? ''
    const nonce = /script-src 'self' 'nonce-([^']+)'/.exec(policy)?.[1] ?? ''
    expect(nonce).toMatch(/^[\w+/=]{20,}$/)
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toMatch(/unsafe|http|\*/)
    expect(one.text.match(/nonce="([^"]+)"/g)).toEqual(expect.arrayContaining([`nonce="${nonce}"`]))
    expect(one.text).not.toContain('__CSP_NONCE__')
    expect(other.text).not.toContain(nonce)
    for (const name of ['cache-control', 'x-frame-options', 'x-content-type-options'])
      expect(one.headers.get(name)).toMatch(/no-store|DENY|nosniff/)
  })

  test('has no inline script or style', async () => {
    const { text } = await api.get('/')
    expect(text).not.toMatch(/<style|style=|<script(?![^>]*src=)|onload=/)
  })
})

describe('a file of the page', () => {
  test('is sent compressed to clients that accept it, and is cached indefinitely', async () => {
    const path = await asset()
    const sizes = await Promise.all(
      ['identity', 'gzip', 'br'].map(async (encoding) => {
        const response = await fetch(server.url + path, { headers: { 'accept-encoding': encoding } })
        expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
        expect(response.headers.get('content-encoding') ?? 'identity').toBe(encoding)
        await response.body?.cancel()
        return Number(response.headers.get('content-length'))
      }),
    )
    expect(sizes[1]).toBeLessThan((sizes[0] ?? 0) / 2)
    expect(sizes[2]).toBeLessThan(sizes[1] ?? 0)
  })

  test.each([
    '/assets/',
    '/assets/none.js',
    '/assets/../index.html',
    '/assets/..%2findex.html',
    '/assets/%2e%2e/%2e%2e/main.js',
    '/assets/a%00b',
  ])('%s does not exist', async (path) => {
    const response = await fetch(server.url + path)
    expect([400, 403, 404]).toContain(response.status)
    expect(await response.json()).toMatchObject({ error: expect.any(String) })
  })
})

test('an unknown page is not found, and the API returns this as JSON', async () => {
  for (const path of ['/nowhere', '/devicesx', '/api/nowhere', '/index.html', '/api/management/v1/nowhere'])
    expect([path, (await api.get(path)).status]).toEqual([path, 404])
  expect(await api.post('/devices', {})).toMatchObject({ status: 405, body: { error: 'method not allowed' } })
})
