import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import https from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { freePort, startNginx } from '../support/balancer.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { accept, enableDdi, reportedBy, waitForPending } from './ddi-tenant.ts'
import { describeClients, mustRun, scratchDirectory } from './programs.ts'
import { makeSigner } from './swu.ts'
import { startSwupdate } from './swupdate.ts'

const DOCUMENT = readFileSync(join(import.meta.dirname, '../../docs/connect-swupdate.md'), 'utf8')
/** The block for nginx, as the document shows it. */
const [CONFIG = ''] = /^ {4}map \$ssl_client_s_dn [\s\S]*?\n(?! {4}|$)/m.exec(DOCUMENT) ?? []
const PATIENCE = { timeout: 180_000, interval: 300 }

describeClients(['swupdate', 'openssl'], {}, () => {
  const server = useServer({ trust_proxy: ['127.0.0.1'] })
  const tenant = useTenant(server)
  const dir = scratchDirectory()
  const opened: AsyncDisposable[] = []
  let url: string
  beforeAll(async () => {
    await enableDdi(tenant.api, { gateway_token: false, target_token: false, certificate_issuers: ['devices-ca'] })
    await makeCertificates(dir, ['gateway-0815', 'other'])
    const port = await freePort()
    const config = CONFIG.replace('8443', `127.0.0.1:${port}`)
      .replaceAll('/etc/ssl/muster', dir)
      .replaceAll('http://muster', server.url)
    opened.push(await startNginx(dir, config, port))
    url = `https://localhost:${port}`
  })
  afterAll(async () => {
    for (const one of opened.reverse()) await one[Symbol.asyncDispose]()
  })

  const get = async (controller_id: string, name?: string, headers: Record<string, string> = {}) => {
    const file = (what: string) => readFileSync(join(dir, `${name}.${what}`))
    const certificate = name ? { key: file('key'), cert: file('crt') } : {}
    const request = https.get(`${url}/${tenant.tenant_id}/controller/v1/${controller_id}`, {
      ...{ ca: readFileSync(join(dir, 'devices-ca.pem')), headers, agent: false, ...certificate },
    })
    const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) =>
      request.on('response', resolve).on('error', reject),
    )
    return { status: response.statusCode ?? 0, text: await text(response) }
  }

  test('SWUpdate authenticates by a certificate that nginx has checked', async () => {
    const settings = `suricatta: { cafile = "${dir}/devices-ca.pem"; sslkey = "${dir}/gateway-0815.key"; sslcert = "${dir}/gateway-0815.crt"; };`
    const device = await startSwupdate(dir, {
      ...{ name: 'gateway-0815', url, tenant: tenant.tenant_id, settings, signer: await makeSigner(dir) },
      attributes: { device_type: 'gateway' },
    })
    opened.push(device)
    const id = await waitForPending(tenant.api, 'gateway-0815')
    await accept(tenant.api, id)
    const reported = { device_type: 'gateway' }
    await vi.waitFor(async () => expect(await reportedBy(tenant.api, id)).toMatchObject(reported), PATIENCE)
  })

  test('a certificate is good for no other device', async () => {
    expect((await get('other', 'other')).status).toBe(200)
    expect((await get('gateway-0815', 'other')).status).toBe(401)
  })

  test.each([
    { 'X-Controller-Id': 'gateway-0815' },
    { 'X-Controller-Id': 'gateway-0815', 'X-Authority': 'devices-ca' },
    { 'X-Controller-Id': 'gateway-0815', 'X-Authority-1': 'devices-ca' },
    { 'X-Ssl-Client-Cn': 'gateway-0815', 'X-Ssl-Issuer-Hash-1': 'devices-ca' },
    { 'X-Ssl-Client-Cn': 'gateway-0815', 'X-Ssl-Issuer-Hash-2': 'devices-ca' },
  ])('a device does not name itself by %o', async (headers) => {
    expect((await get('gateway-0815', 'other', headers as Record<string, string>)).status).toBe(401)
  })

  test('nobody comes without a certificate', async () => {
    expect((await get('gateway-0815', undefined, { 'X-Ssl-Client-Cn': 'gateway-0815' })).status).toBe(400)
  })
})

/** An authority, which has also signed the certificate of the server. */
async function makeCertificates(dir: string, names: readonly string[]) {
  const openssl = (...args: string[]) => mustRun('openssl', args, { cwd: dir })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  await openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'devices-ca.pem', '-days', '30', '-subj', '/CN=ca')
  const sign = async (name: string, subject: string, extension: string) => {
    await writeFile(join(dir, `${name}.ext`), extension)
    await openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${subject}`)
    const by = ['-CA', 'devices-ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '30']
    await openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.crt`, ...by, '-extfile', `${name}.ext`)
  }
  await sign('server', 'localhost', 'subjectAltName=DNS:localhost,IP:127.0.0.1')
  for (const name of names) await sign(name, name, 'extendedKeyUsage=clientAuth')
  for (const [from, to] of [
    ['server.crt', 'fullchain.pem'],
    ['server.key', 'privkey.pem'],
  ])
    await mustRun('cp', [join(dir, from ?? ''), join(dir, to ?? '')])
}
