import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, isInstalled, runNginx } from '../nginx.ts'
import { familyOf } from './cpu.ts'
import type { Closers, Testbed } from './testbed.ts'

/** A server that speaks TLS. */
export type TlsServer = { name: string; port: number; pids(): number[] }

/** The name of the baseline. */
export const BARE = 'bare node:https'

export const CERTIFICATES = {
  ECDSA: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  RSA: ['-newkey', 'rsa:2048'],
} as const
export type KeyType = keyof typeof CERTIFICATES

/** The servers that are compared, each with a certificate of this type. The baseline is the first. */
export async function startTlsServers(testbed: Testbed, type: KeyType, closers: Closers) {
  const dir = await mkdtemp(join(tmpdir(), 'muster-tls-'))
  closers.push(() => rm(dir, { recursive: true, force: true }))
  const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')]
  const made = [...CERTIFICATES[type], '-nodes', '-subj', '/CN=localhost', '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...made, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  const startMuster = async (workers: number): Promise<TlsServer> => {
    const settings = { MUSTER_TLS_CERT: cert, MUSTER_TLS_KEY: key, MUSTER_WORKERS: String(workers) }
    const { pid, port } = await testbed.startMuster(settings)
    return { name: workers === 1 ? 'Muster' : `Muster, ${workers} workers`, port, pids: () => familyOf(pid) }
  }
  const servers = [await startBare({ cert, key }, closers), await startMuster(1), await startMuster(2)]
  if (isInstalled()) servers.push(...(await startNginxes(testbed, { cert, key }, closers)))
  return servers
}

type Files = { cert: string; key: string }

async function startBare({ cert, key }: Files, closers: Closers): Promise<TlsServer> {
  const child = fork(join(import.meta.dirname, 'https-process.ts'), [cert, key], { execArgv: ['--import', 'tsx'] })
  closers.push(async () => {
    child.kill()
    await once(child, 'exit')
  })
  const [port] = (await once(child, 'message')) as [number]
  return { name: BARE, port, pids: () => [child.pid ?? 0] }
}

/** One nginx, as deploy/nginx.conf configures it, with a second port where it answers itself. */
async function startNginxes(testbed: Testbed, { cert, key }: Files, closers: Closers) {
  const [behind, alone, plain] = [await freePort(), await freePort(), await freePort()]
  const deployed = await readFile(join(import.meta.dirname, '..', '..', 'deploy', 'nginx.conf'), 'utf8')
  const http = deployed
    .replace(/^ +listen 443 /m, `listen 127.0.0.1:${behind} `)
    .replace('listen 80;', `listen 127.0.0.1:${plain};`)
    .replace('server 127.0.0.1:8080;', `server 127.0.0.1:${testbed.muster.port};`)
    .replace('/etc/ssl/muster/fullchain.pem', cert)
    .replace('/etc/ssl/muster/privkey.pem', key)
  const tls = `ssl_certificate ${cert}; ssl_certificate_key ${key}; ssl_protocols TLSv1.2 TLSv1.3;`
  const own = `server { listen 127.0.0.1:${alone} ssl backlog=4096; ${tls} location / { return 204; } }`
  const nginx = await runNginx(behind, { main: 'worker_processes auto;', http: `${http}\n${own}` })
  closers.push(() => nginx[Symbol.asyncDispose]())
  const pids = () => familyOf(nginx.pid)
  return [
    { name: 'nginx alone', port: alone, pids },
    { name: 'Muster behind nginx', port: behind, pids: () => [...pids(), testbed.muster.pid] },
  ]
}
