import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { toForm } from '../src/client/upload.ts'
import type { BigArtifact } from './big-artifact.ts'
import { BUILT, NODE_ARGS } from './kit/testbed.ts'

const LOGIN = 'admin@example.com:administrator'
const ARTIFACTS = '/api/management/v1/deployments/artifacts'
const TICKS_PER_S = 100

export type ArtifactServer = AsyncDisposable & {
  pid: number
  data_dir: string
  /** Returns the path of the artifact. */
  upload(artifact: BigArtifact): Promise<string>
  link(path: string): Promise<string>
  delete(path: string): Promise<void>
}

/** A server in its own process, with a temporary data directory. */
export async function startArtifactServer(): Promise<ArtifactServer> {
  const data_dir = await mkdtemp(join(tmpdir(), 'muster-bench-'))
  const env = { PATH: process.env.PATH, MUSTER_PORT: '0', MUSTER_DATA_DIR: data_dir, MUSTER_LOG_LEVEL: 'error' }
  const child = spawn(process.execPath, [...NODE_ARGS, BUILT], {
    env: { ...env, MUSTER_ADMIN_PASSWORD: LOGIN.split(':')[1] },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await listening(child)
  const authorization = `Bearer ${await logIn(url)}`
  const call = (path: string, method = 'GET') => fetch(url + path, { method, headers: { authorization } })
  return {
    ...{ pid: child.pid ?? 0, data_dir },
    upload: (artifact) => upload(url + ARTIFACTS, authorization, artifact),
    link: async (path) => ((await (await call(`${path}/download`)).json()) as { uri: string }).uri,
    delete: async (path) => {
      await call(path, 'DELETE')
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await once(child, 'exit')
      await rm(data_dir, { recursive: true, force: true })
    },
  }
}

async function listening({ stdout }: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: stdout! })) {
    const url = /listens on (\S+)/.exec(line)?.[1]
    if (!url) continue
    stdout!.resume()
    return url
  }
  throw new Error('The server did not start.')
}

async function logIn(url: string): Promise<string> {
  const headers = { authorization: `Basic ${btoa(LOGIN)}` }
  const response = await fetch(`${url}/api/management/v1/useradm/auth/login`, { method: 'POST', headers })
  return response.text()
}

async function upload(url: string, authorization: string, { size, content }: BigArtifact): Promise<string> {
  const form = toForm({ name: 'big.mender', size, content: content() })
  const outgoing = request(url, { method: 'POST', headers: { authorization, ...form.headers } })
  const responded = once(outgoing, 'response')
  await pipeline(form.body, outgoing)
  const [response] = await responded
  const body = Buffer.concat(await Readable.from(response).toArray())
  if (response.statusCode !== 201) throw new Error(`The upload returned status ${response.statusCode}: ${body}`)
  return response.headers.location
}

/** CPU time that a process and its threads have used so far, in seconds. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S
}

/** Resident memory of a process, in MiB. */
export const residentMebibytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
