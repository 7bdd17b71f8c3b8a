import { expect, test } from 'vitest'
import { addressOf } from '../src/client/address.ts'
import { allPages } from '../src/client/all-pages.ts'
import { openClient } from '../src/client/client.ts'
import { ServerError } from '../src/client/server-error.ts'
import { useServer, useTenant } from './support/fixtures.ts'

// What no command needs: the commands test the rest.

const server = useServer()
const tenant = useTenant(server)
const open = () => openClient({ url: server.url, token: tenant.api.token ?? '' })

const FILTERS = '/api/management/v2/inventory/filters'
const filter = (name: string) => ({
  name,
  terms: [{ scope: 'inventory', attribute: 'ring', type: '$eq' as const, value: name }],
})

test('placeholders are encoded, lists repeated, and what is undefined is left out', () => {
  const query = { status: ['a', 'b c'], name: undefined, page: 2 }
  expect(addressOf('/devices/{id}/auth/{aid}', { path: { id: 'a/b', aid: 7 }, query })).toBe(
    '/devices/a%2Fb/auth/7?status=a&status=b+c&page=2',
  )
  expect(addressOf('/devices', {})).toBe('/devices')
})

test('a list is read until a page is not full, or up to a limit', async () => {
  const rows = Array.from({ length: 1001 }, (_, i) => i)
  const pages: number[] = []
  const read = async (page: number, per_page: number) => {
    pages.push(page)
    return rows.slice((page - 1) * per_page, page * per_page)
  }
  expect(await allPages(undefined, read)).toEqual(rows)
  expect(pages).toEqual([1, 2, 3])
  expect(await allPages(700, read)).toEqual(rows.slice(0, 700))
})

test('a creation that is repeated with its key creates once, whatever characters the key has', async () => {
  const client = open()
  const create = () => client.create(FILTERS, { key: 'build "7" \\ 2', body: filter('once') })
  const { id } = await create()
  expect((await create()).id).toBe(id)
  const found = (await client.list(FILTERS)).filter(({ name }) => name === 'once')
  expect(found.map((one) => one.id)).toEqual([id])
})

test('a refusal has a sentence, a status, a code and the field', async () => {
  const request = open().create(FILTERS, { body: { ...filter('wrong'), name: '' } })
  const error = await request.then(undefined, (thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ServerError)
  expect(error).toMatchObject({ status: 400, code: expect.any(String), field: 'name' })
})

test('unknown paths, placeholders that are missing and wrong bodies do not compile', async () => {
  const client = open()
  // @ts-expect-error: there is no such path
  await expect(client.get('/api/management/v2/nothing')).rejects.toMatchObject({ status: 404 })
  // @ts-expect-error: the placeholder has no value
  await expect(client.get(`${FILTERS}/{id}`, {})).rejects.toMatchObject({ status: expect.any(Number) })
  // @ts-expect-error: terms are a list
  await expect(client.create(FILTERS, { body: { name: 'x', terms: 'all' } })).rejects.toMatchObject({ status: 400 })
  // @ts-expect-error: a search creates nothing
  await expect(client.create(`${FILTERS}/search`, { body: { filters: [{}] } })).rejects.toBeInstanceOf(ServerError)
})
