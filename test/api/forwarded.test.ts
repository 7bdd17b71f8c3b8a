import { beforeAll, describe, expect, test } from 'vitest'
import { trustsProxies } from '../../src/http/traffic/trusted-proxies.ts'
import { ARTIFACTS, uploadTestArtifact } from '../support/artifact.ts'
import { deploy } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { sendRaw } from '../support/raw.ts'
import { startServer } from '../support/server.ts'
import { USERADM } from '../support/users.ts'

const NEXT = '/api/devices/v1/deployments/device/deployments/next'

const server = useServer({ trust_proxy: ['loopback', '10.0.0.0/8'] })
const tenant = useTenant(server)
let artifact_id: string

beforeAll(async () => {
  artifact_id = await uploadTestArtifact(tenant.api, { name: 'release-1' })
})

/** The origin of a download link for a request with these headers. */
async function baseFor(headers: Record<string, string>, target = server): Promise<string> {
  const { body } = await sendRaw(target.url, {
    ...{ method: 'GET', path: `${ARTIFACTS}/${artifact_id}/download` },
    headers: { authorization: `Bearer ${tenant.api.token}`, host: 'direct:8080', ...headers },
  })
  return new URL(body.uri).origin
}

describe('the link of an offer', () => {
  test('begins with the address by which the device has reached the server, however often it polls', async () => {
    const [device] = await enrol(server, tenant, 1)
    await deploy(tenant.api, { devices: [device?.id] })
    const baseOfOffer = async (headers: Record<string, string>) => {
      const { body } = await sendRaw(server.url, {
        ...{ method: 'GET', path: `${NEXT}?artifact_name=release-0&device_type=qemux86-64` },
        headers: { authorization: `Bearer ${device?.token}`, host: 'direct:8080', ...headers },
      })
      return new URL(body.artifact.source.uri).origin
    }
    for (let i = 0; i < 10; i++) {
      expect(await baseOfOffer({})).toBe('http://direct:8080')
      expect(await baseOfOffer({ host: 'other' })).toBe('http://other')
      expect(await baseOfOffer({ 'x-forwarded-proto': 'https' })).toBe('https://direct:8080')
      expect(await baseOfOffer({ forwarded: 'proto=https;host=a.example' })).toBe('https://a.example')
      expect(await baseOfOffer({ 'x-forwarded-port': '81' })).toBe('http://direct:8080')
    }
  })
})

describe('a download link', () => {
  const x = (proto: string, host: string, port: string) => ({
    ...{ 'x-forwarded-proto': proto, 'x-forwarded-host': host, 'x-forwarded-port': port },
  })
  test.each<[string, Record<string, string>]>([
    ['http://direct:8080', {}],
    ['https://a.example', { forwarded: 'for=192.0.2.1;proto=https;host=a.example' }],
    ['https://a.example:8443', { forwarded: 'For="[2001:db8::1]:4711"; Proto=HTTPS; Host="a.example:8443"' }],
    ['https://direct:8080', { forwarded: 'proto=https' }],
    // The first entry is written by the client, and is not trusted.
    ['https://a.example', { forwarded: 'host=evil, for=192.0.2.1;proto=https;host=a.example' }],
    // Of two proxies, the one nearer to the client knows the original request.
    [
      'https://a.example',
      { forwarded: 'for=192.0.2.1;host=a.example;proto=https, for=10.0.0.1;proto=http;host=inner' },
    ],
    ['https://inner', { forwarded: 'for=10.0.0.2;host=far, for=192.0.2.1;proto=https;host=inner, for=10.0.0.1' }],
    ...['proto=https;host', 'proto=https;;', 'host="a', 'a b=c', '=', ',', 'proto=https;host="a b"x'].map(
      (forwarded): [string, Record<string, string>] => ['http://direct:8080', { forwarded }],
    ),
    ['http://direct:8080', { forwarded: 'proto=gopher;host="a/b?c"' }],
    // A proxy that sets the older headers may pass on headers that it does not know.
    ['http://direct:8080', { forwarded: 'proto=https;host=evil', 'x-forwarded-for': '192.0.2.1' }],
    ['https://a.example:8443', x('https', 'a.example', '8443')],
    ['https://a.example', x('https', 'a.example', '443')],
    ['http://a.example', x('http', 'a.example', '80')],
    ['http://a.example:443', x('http', 'a.example', '443')],
    ['https://a.example:1', x('https', 'a.example:1', '8443')],
    ['https://a.example:8443', x('https', 'evil, a.example', '1, 8443')],
    ['https://a.example', x('https', 'a.example', '0x50')],
    ['http://a.example:81', { host: 'a.example', 'x-forwarded-port': '81' }],
  ])('begins with %s for %j', async (base, headers) => {
    expect(await baseFor(headers)).toBe(base)
  })

  test('ignores the headers of an untrusted proxy', async () => {
    await using direct = await startServer({ database_url: server.database_url })
    expect(await baseFor({ forwarded: 'proto=https;host=evil', 'x-forwarded-port': '1' }, direct)).toBe(
      'http://direct:8080',
    )
  })
})

test('failed logins are counted for the client address that trusted proxies report, without its port', async () => {
  const guess = async (forwarded: string) => {
    const body = JSON.stringify({ email: 'nobody@example.com', password: 'a wrong guess' })
    const headers = { 'content-type': 'application/json', forwarded }
    return (await sendRaw(server.url, { method: 'POST', path: `${USERADM}/auth/session`, headers, body })).status
  }
  const many = (make: (i: number) => string) => Promise.all(Array.from({ length: 12 }, (_, i) => guess(make(i))))
  expect(await many((i) => `for=192.0.2.${i}`)).toEqual(Array(12).fill(401))
  expect(await many((i) => `for=192.0.2.${i}, for="198.51.100.1:${i + 1000}", for=10.0.0.1`)).toContain(429)
  expect(await many((i) => `for="[2001:db8::${i}]:${i + 1000}"`)).toContain(429)
})

test.each([
  ['loopback', '127.5.0.1', true],
  ['loopback', '::1', true],
  ['loopback', '::ffff:127.0.0.1', true],
  ['loopback', '128.0.0.1', false],
  ['linklocal', 'fe80::1%eth0', true],
  ['uniquelocal', '172.31.0.1', true],
  ['uniquelocal', '172.32.0.1', false],
  ['uniquelocal', 'fd00::1', true],
  ['192.0.2.1', '192.0.2.1', true],
  ['192.0.2.1', '::ffff:192.0.2.1', true],
  ['192.0.2.1', '192.0.2.2', false],
  ['2001:db8::/32', '2001:db8:1::1', true],
  ['0.0.0.0/0', '203.0.113.9', true],
  ['0.0.0.0/0', 'unknown', false],
  ['0.0.0.0/0', '', false],
])('with %s in MUSTER_TRUST_PROXY, %s is trusted: %s', (range, address, is_trusted) => {
  expect(trustsProxies([range])(address)).toBe(is_trusted)
})
