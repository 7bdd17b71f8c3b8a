import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export type Nginx = AsyncDisposable & { pid: number; url: string }

/** nginx, serving the files below a directory with sendfile; undefined if it is not installed. */
export async function startNginx(root: string): Promise<Nginx | undefined> {
  if (!isInstalled()) return undefined
  const port = await freePort()
  const sending = `sendfile on; tcp_nopush on; server { listen 127.0.0.1:${port}; root ${root}; }`
  const nginx = await runNginx(port, { main: 'master_process off;', http: sending })
  return { ...nginx, url: `http://127.0.0.1:${port}` }
}

export const isInstalled = (): boolean => spawnSync('nginx', ['-v']).error === undefined

type Configuration = { main?: string; http: string }

/** nginx with this configuration, once it accepts connections at the port. */
export async function runNginx(port: number, configuration: Configuration): Promise<Omit<Nginx, 'url'>> {
  const dir = await mkdtemp(join(tmpdir(), 'muster-nginx-'))
  await writeFile(join(dir, 'nginx.conf'), textOf(dir, configuration))
  const child = spawn('nginx', ['-p', dir, '-c', join(dir, 'nginx.conf'), '-e', join(dir, 'error.log')])
  for (let tries = 0; !(await accepts(port)); tries++) {
    if (tries === 100) {
      child.kill('SIGTERM')
      throw new Error(`nginx did not start: see ${dir}/error.log`)
    }
    await sleep(50)
  }
  return {
    pid: child.pid ?? 0,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await once(child, 'exit')
      await rm(dir, { recursive: true, force: true })
    },
  }
}

const textOf = (dir: string, { main = '', http }: Configuration): string => `
daemon off;
${main}
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${dir}/nginx.pid;
events { worker_connections 10000; }
http {
  access_log off;
  client_body_temp_path ${dir}/body;
  proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi;
  scgi_temp_path ${dir}/scgi;
  ${http}
}
`

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
