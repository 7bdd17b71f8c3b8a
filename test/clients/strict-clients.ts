import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { RawResponse } from './exchange.ts'

/** What the smallest client, Zephyr's, can take. */
const LONGEST_ANSWER = 1100
const LONGEST_TAIL = 49
const LONGEST_DOWNLOAD = 199
const ZEPHYR_BASE = '/DEFAULT/controller/v1'

// biome-ignore lint/suspicious/noExplicitAny: tests read arbitrary members
type Json = any

/** What every client needs of every success. */
export function expectSuccess({ status, headers, body }: RawResponse, expected = 200): void {
  expect(status).toBe(expected)
  expect(headers.get('content-length')).toMatch(/^\d+$/)
  expect(headers.has('transfer-encoding')).toBe(false)
  expect(headers.has('content-encoding')).toBe(false)
  if (headers.get('content-type')?.includes('json')) expect(body.length).toBeLessThanOrEqual(LONGEST_ANSWER)
}

/** The root resource, for the strictest of them. */
export function expectRoot(root: Json, url: string): void {
  expect(Object.keys(root).sort()).toEqual(['_links', 'config'])
  const sleep = root.config.polling.sleep
  expect(sleep).toMatch(/^\d\d:\d\d:\d\d$/)
  expect(sleep).not.toBe('00:00:00')
  const names = Object.keys(root._links)
  expect(['deploymentBase', 'cancelAction', 'configData']).toEqual(expect.arrayContaining(names))
  expect(names.includes('deploymentBase') && names.includes('cancelAction')).toBe(false)
  for (const name of names) {
    expect(Object.keys(root._links[name])).toEqual(['href'])
    const { href } = root._links[name]
    expect(new URL(href).origin).toBe(new URL(url).origin)
    const tail = href.slice(href.indexOf(`${name}/`))
    if (name === 'configData') continue
    expect(tail.length).toBeLessThanOrEqual(LONGEST_TAIL)
    const [, action] = /^(?:deploymentBase|cancelAction)\/(\d+)(?:\?c=-?\d+)?$/.exec(tail) ?? []
    expectActionId(Number(action))
    if (name === 'deploymentBase') expect(tail).toContain('?c=')
  }
}

/** Clients keep it as a signed number of 32 bits. */
function expectActionId(id: number): void {
  expect(Number.isInteger(id)).toBe(true)
  expect(id).toBeGreaterThan(0)
  expect(id).toBeLessThan(2 ** 31)
}

/** deploymentBase, for the strictest of them. */
export function expectDeployment({ id, deployment, ...others }: Json, action: string): void {
  expect(others).toEqual({})
  expect(id).toBe(action)
  const { chunks, ...handling } = deployment
  expect(handling).toEqual({ download: 'forced', update: 'forced' })
  expect(chunks).toHaveLength(1)
  expect(chunks[0]).toMatchObject({ part: 'bApp', version: expect.any(String), name: expect.any(String) })
  expect(chunks[0].artifacts).toHaveLength(1)
  const [file] = chunks[0].artifacts
  expect(file.filename).toEqual(expect.any(String))
  expect(Number.isInteger(file.size)).toBe(true)
  expect(Object.keys(file.hashes).sort()).toEqual(['md5', 'sha1', 'sha256'])
  expect(file.hashes.sha1).toMatch(/^[0-9a-f]{40}$/)
  expect(file.hashes.md5).toMatch(/^[0-9a-f]{32}$/)
  expect(file.hashes.sha256).toMatch(/^[0-9a-f]{64}$/)
  const { href } = file._links['download-http']
  expect(file._links.download.href).toBe(href)
  const { pathname, search } = new URL(href)
  expect(search).toBe('')
  if (pathname.startsWith(ZEPHYR_BASE))
    expect(pathname.length - ZEPHYR_BASE.length).toBeLessThanOrEqual(LONGEST_DOWNLOAD)
}

/** The file, by all hashes and the size that were announced. */
export function expectFile(bytes: Buffer, { deployment }: Json): void {
  const { size, hashes } = deployment.chunks[0].artifacts[0]
  expect(bytes.length).toBe(size)
  for (const [algorithm, hash] of Object.entries(hashes))
    expect(createHash(algorithm).update(bytes).digest('hex')).toBe(hash)
}

export function expectCancel(answer: Json, action: string): void {
  expect(answer).toEqual({ id: action, cancelAction: { stopId: action } })
}
