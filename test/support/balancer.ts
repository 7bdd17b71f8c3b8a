import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Balancer = AsyncDisposable & { url: string }

const NOBODY = 65534
const MAX_TRIES = 5

/** A real nginx on a free port of 127.0.0.1 that forwards requests to `urls` in strict rotation, for all clients. */
export async function startBalancer(urls: readonly string[]): Promise<Balancer> {
  const dir = await mkdtemp(join(tmpdir(), 'muster-balancer-'))
  if (isRoot()) await chown(dir, NOBODY, NOBODY)
  for (let tries = 1; ; tries++) {
    const port = await freePort()
    await writeFile(join(dir, 'nginx.conf'), config(dir, port, urls))
    const started = await start(dir, port)
    if ('child' in started)
      return {
        url: `http://127.0.0.1:${port}`,
        [Symbol.asyncDispose]: async () => {
          await end(started.child)
          await rm(dir, { recursive: true, force: true })
        },
      }
    if (tries === MAX_TRIES) throw new Error(`nginx does not start (Debian has it in nginx-light): ${started.output}`)
  }
}

/** A real nginx with this in its `http { }`, on a port that it names. It reads what root may read. */
export async function startNginx(dir: string, http: string, port: number): Promise<AsyncDisposable> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${dir}/${kind};`,
  )
  const main = `daemon off; master_process off; pid ${dir}/pid; events { }`
  await writeFile(join(dir, 'nginx.conf'), `${main}\nhttp {\naccess_log off;\n${temporary.join('\n')}\n${http}\n}\n`)
  const started = await start(dir, port, {})
  if ('output' in started) throw new Error(`nginx does not start: ${started.output}`)
  return { [Symbol.asyncDispose]: () => end(started.child) }
}

const isRoot = () => process.getuid?.() === 0

const AS_NOBODY = { uid: NOBODY, gid: NOBODY }

async function start(
  dir: string,
  port: number,
  user = isRoot() ? AS_NOBODY : {},
): Promise<{ child: ChildProcess } | { output: string }> {
  const child = spawn('nginx', ['-p', dir, '-c', join(dir, 'nginx.conf'), '-e', 'stderr'], {
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: `${process.env.PATH}:/usr/sbin` },
    ...user,
  })
  let output = ''
  child.stderr.on('data', (chunk) => {
    output += chunk
  })
  child.on('error', (error) => {
    output += error.message
  })
  while (child.pid !== undefined && child.exitCode === null) if (await accepts(port)) return { child }
  return { output }
}

async function end(child: ChildProcess) {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

/** Outside the range of ephemeral ports, so that the port stays free while nobody listens. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    const server = createServer().listen(port, '127.0.0.1')
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    if (!isFree) continue
    server.close()
    await once(server, 'close')
    return port
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const isOpen = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  if (!isOpen) await new Promise((wake) => setTimeout(wake, 20))
  return isOpen
}

/** One nginx worker, for a strict rotation. nginx does not buffer, retry or normalize what a test sends. */
const config = (dir: string, port: number, urls: readonly string[]) => `
daemon off;
worker_processes 1;
pid ${dir}/pid;
events { worker_connections 4096; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${dir}/${kind};`).join(' ')}
  upstream muster {
    ${urls.map((url) => `server ${new URL(url).host} max_fails=0;`).join(' ')}
    keepalive 64;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    keepalive_timeout 75s;
    keepalive_requests 1000000;
    client_max_body_size 0;
    large_client_header_buffers 8 64k;
    underscores_in_headers on;
    ignore_invalid_headers off;
    merge_slashes off;
    location / {
      proxy_pass http://muster;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_request_buffering off;
      proxy_buffering off;
      proxy_next_upstream off;
      proxy_read_timeout 120s;
    }
  }
}
`
