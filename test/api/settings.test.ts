import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { useServer } from '../support/fixtures.ts'
import { addUser, USERADM } from '../support/users.ts'

const TENANT = `${USERADM}/settings`
const ME = `${USERADM}/settings/me`

const server = useServer()

describe.each([TENANT, ME])('%s', (path) => {
  test('are empty at first and then the last ones written, each with an ETag', async () => {
    const { api } = await server.tenant()
    const first = await api.get(path)
    expect(first).toMatchObject({ status: 200, body: {} })
    expect(first.headers.get('etag')).toMatch(/^".+"$/)
    const settings = { previousPhases: [[{ batch_size: 10 }]], retries: 2, onboarding: { complete: false }, x: null }
    expect(await api.post(path, settings)).toMatchObject({ status: 201, text: '' })
    const second = await api.get(path)
    expect(second.body).toEqual(settings)
    expect(second.headers.get('etag')).not.toBe(first.headers.get('etag'))
    expect(await api.post(path, { y: 1 })).toMatchObject({ status: 201 })
    expect((await api.get(path)).body).toEqual({ y: 1 })
  })

  test('with a previous ETag are rejected; of many with the same ETag one succeeds', async () => {
    const { api } = await server.tenant()
    const etag = (await api.get(path)).headers.get('etag') ?? ''
    const writes = [1, 2, 3, 4, 5].map((n) => api.post(path, { n }, { 'if-match': etag }))
    const responses = await Promise.all(writes)
    expect(responses.map(({ status }) => status).sort()).toEqual([201, 412, 412, 412, 412])
    expect(responses.find(({ status }) => status === 412)?.body.error).toBe("ETag doesn't match")
    expect((await api.get(path)).body).toEqual({ n: responses.findIndex(({ status }) => status === 201) + 1 })
    const forms = [
      (tag: string) => tag,
      (tag: string) => tag.replaceAll('"', ''),
      (tag: string) => `"x", W/${tag}`,
      () => '*',
    ]
    for (const [n, form] of forms.entries()) {
      const fresh = (await api.get(path)).headers.get('etag') ?? ''
      expect(await api.post(path, { form: n }, { 'if-match': form(fresh) })).toMatchObject({ status: 201 })
      expect(await api.post(path, { n: 0 }, { 'if-match': fresh })).toMatchObject({ status: 412 })
    }
  })

  test('are accepted up to their limits and rejected beyond', async () => {
    const { api } = await server.tenant()
    const keys = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`key ${i}`, i]))
    const good = [keys(1024), { ['k'.repeat(128)]: 1 }, { v: 'v'.repeat(4096) }, {}]
    for (const settings of good) expect(await api.post(path, settings)).toMatchObject({ status: 201 })
    const kept = await api.get(path)
    const bad = [keys(1025), { ['k'.repeat(129)]: 1 }, { v: 'v'.repeat(4097) }, [], 'x', 1, true, null]
    for (const settings of bad)
      expect(await api.post(path, JSON.stringify(settings))).toMatchObject({
        ...{ status: 400, body: { error: expect.stringMatching(/\w \w/) } },
      })
    expect(await api.post(path, '')).toMatchObject({ status: 400 })
    expect((await api.get(path)).text).toBe(kept.text)
  })

  test('of any structure are returned unchanged', async () => {
    const { api } = await server.tenant()
    const value = fc.jsonValue({ maxDepth: 3, noUnicodeString: false })
    const key = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => text !== '__proto__')
    await fc.assert(
      fc.asyncProperty(fc.dictionary(key, value), async (settings) => {
        const plain = JSON.parse(JSON.stringify(settings).replaceAll('\\u0000', ''))
        expect((await api.post(path, plain)).status).toBe(201)
        expect((await api.get(path)).body).toEqual(plain)
      }),
      { numRuns: 50 },
    )
  })
})

test('settings of the tenant are visible to all its users, those of a user to nobody else', async () => {
  const [tenant, otherTenant] = [await server.tenant(), await server.tenant()]
  const user = await addUser(server, tenant, ['RBAC_ROLE_DEPLOYMENTS_MANAGER'])
  expect(await user.api.post(TENANT, { retries: 3 })).toMatchObject({ status: 201 })
  expect(await user.api.post(ME, { mine: true })).toMatchObject({ status: 201 })
  expect((await tenant.api.get(TENANT)).body).toEqual({ retries: 3 })
  expect((await tenant.api.get(ME)).body).toEqual({})
  expect((await otherTenant.api.get(TENANT)).body).toEqual({})
})

test('an observer can change only their own settings', async () => {
  const tenant = await server.tenant()
  const { api } = await addUser(server, tenant, ['RBAC_ROLE_OBSERVER'])
  expect(await api.post(TENANT, { retries: 3 })).toMatchObject({ status: 403 })
  expect(await api.post(ME, { dark: true })).toMatchObject({ status: 201 })
})
