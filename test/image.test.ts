import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildImage, type Image } from './support/image/build.ts'
import { type Container, startContainer } from './support/image/container.ts'
import { parseDockerfile } from './support/image/dockerfile.ts'
import { freePort } from './support/server-process.ts'

// The steps of the Dockerfile, taken in root file systems that debootstrap makes, because no container engine is needed
// for that.
// MUSTER_TEST_IMAGE names a directory for the base image, which is kept between runs; as root, some minutes.

const ROOT = join(import.meta.dirname, '..')
const bases = process.env.MUSTER_TEST_IMAGE

test('the Dockerfile starts as a numbered account, with a volume, a health check and no shell in between', async () => {
  const stages = parseDockerfile(await readFile(join(ROOT, 'Dockerfile'), 'utf8'))
  const last = stages.at(-1)!.instructions
  const wordsOf = (name: string) => last.findLast((one) => one.name === name)?.words
  expect(wordsOf('USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/)
  expect(wordsOf('VOLUME')).toBe('/data')
  for (const name of ['ENTRYPOINT', 'CMD']) expect(wordsOf(name)).toMatch(/^\["/)
  expect(wordsOf('HEALTHCHECK')).toMatch(/^CMD \["node", /)
})

describe.runIf(bases)('the image', () => {
  let scratch: string
  let image: Image
  let settings: { volume: string; env: Record<string, string> }
  let url: string
  let container: Container
  beforeAll(async () => {
    scratch = await mkdtemp(`${bases}-`)
    image = await buildImage({ context: ROOT, bases: bases!, scratch })
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    settings = { volume: join(scratch, 'volume'), env: { MUSTER_PORT: String(port) } }
  }, 1_200_000)
  afterAll(async () => {
    await container?.stop()
    await rm(scratch, { recursive: true, force: true })
  }, 360_000)

  const start = async (env: Record<string, string> = {}) => {
    container = await startContainer(image, { ...settings, env: { ...settings.env, ...env } })
    await expect
      .poll(async () => (await fetch(`${url}/ready`).catch(() => undefined))?.status, { timeout: 180_000 })
      .toBe(200)
  }
  const logIn = async (email: string, password: string) => {
    const authorization = `Basic ${btoa(`${email}:${password}`)}`
    const options = { method: 'POST', headers: { authorization } }
    return (await fetch(`${url}/api/management/v1/useradm/auth/login`, options)).status
  }

  test('starts as an unprivileged account on a read-only file system, and is healthy', async () => {
    await start()
    expect(await container.exec(['id', '--user'])).toBe('1000\n')
    await container.exec(image.config.healthcheck)
    await expect(container.exec(['touch', '/opt/muster/written'])).rejects.toThrow('Read-only file system')
    expect((await fetch(url)).status).toBe(200)
    const password = /Password +(\S+)/.exec(container.said())?.[1] ?? ''
    expect(await logIn('admin@example.com', password)).toBe(200)
  }, 360_000)

  test('holds the command muster, which works beside the server', async () => {
    await container.exec(['muster', 'user', 'create', '--email', 'ops@example.com', '--password', 'a long password'])
    expect(await logIn('ops@example.com', 'a long password')).toBe(200)
  })

  test('ends at its stop signal with exit code 0, and starts again with its data and two workers', async () => {
    expect(await container.stop()).toBe(0)
    await start({ MUSTER_WORKERS: '2' })
    expect(await logIn('ops@example.com', 'a long password')).toBe(200)
    expect(await container.stop()).toBe(0)
  }, 360_000)

  test('is unhealthy where no server answers', async () => {
    const program = `process.on('SIGTERM', () => process.exit()); setInterval(() => {}, 1000); console.log('started')`
    const config = { ...image.config, command: ['node', '--eval', program] }
    container = await startContainer({ ...image, config }, settings)
    // Before that there is no container to look into, and process 1 ignores a signal that it does not handle.
    await expect.poll(() => container.said()).toContain('started')
    await expect(container.exec(image.config.healthcheck)).rejects.toThrow()
  })
})
