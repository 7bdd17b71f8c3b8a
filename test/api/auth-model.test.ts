import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { authenticates, authOf, DEVAUTH, ed25519, type Keys, newIdentity } from '../support/auth.ts'
import { useServer } from '../support/fixtures.ts'
import type { TestTenant } from '../support/server.ts'

const server = useServer()

const STRENGTH = ['accepted', 'preauthorized', 'pending', 'rejected']
const IDENTITIES = 2
const KEYS = 2

/** One identity and one of its keys. */
type Who = { device: number; key: number }
type Operation = Who &
  (
    | { do: 'request' | 'delete' | 'revoke' | 'decommission' }
    | { do: 'set'; status: string }
    | { do: 'preauthorize'; force: boolean }
  )

const who = { device: fc.nat(IDENTITIES - 1), key: fc.nat(KEYS - 1) }
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ ...who, do: fc.constant('request' as const) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      ...who,
      do: fc.constant('set' as const),
      status: fc.constantFrom('accepted', 'accepted', 'accepted', 'rejected', 'pending', 'preauthorized'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ ...who, do: fc.constant('preauthorize' as const), force: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      ...who,
      do: fc.constantFrom('delete' as const, 'revoke' as const, 'decommission' as const),
    }),
  },
)

/** The contract in a few lines: the auth sets of each device by key, and which keys' tokens are valid. */
class Model {
  readonly devices: (Map<number, string> | undefined)[] = Array(IDENTITIES).fill(undefined)
  readonly limit: number

  constructor(limit: number) {
    this.limit = limit
  }

  statusOf(device: number): string | undefined {
    const sets = this.devices[device]
    if (!sets) return undefined
    return STRENGTH.find((status) => [...sets.values()].includes(status)) ?? 'noauth'
  }

  /** Accepts if the limit allows. */
  private accept({ device, key }: Who): boolean {
    const sets = this.devices[device]!
    const accepted = this.devices.filter((_, i) => this.statusOf(i) === 'accepted').length
    if (this.statusOf(device) !== 'accepted' && this.limit >= 0 && accepted >= this.limit) return false
    for (const [other, status] of sets) if (status === 'accepted') sets.set(other, 'rejected')
    sets.set(key, 'accepted')
    return true
  }

  /** The HTTP status that the operation must return. */
  run(operation: Operation): number {
    const { device, key } = operation
    const sets = this.devices[device]
    const status = sets?.get(key)
    switch (operation.do) {
      case 'request':
        if (status === undefined) this.devices[device] = new Map([...(sets ?? []), [key, 'pending']])
        if (status === 'preauthorized') return this.accept(operation) ? 200 : 401
        return status === 'accepted' ? 200 : 401
      case 'set':
        if (operation.status === 'preauthorized') return 400
        if (!sets || status === undefined) return 404
        if (status === operation.status) return 204
        if (status === 'preauthorized') return 400
        if (operation.status === 'accepted') return this.accept(operation) ? 204 : 422
        sets.set(key, operation.status)
        return 204
      case 'preauthorize':
        if (sets && !operation.force) return 409
        if (status !== 'accepted') this.devices[device] = new Map([...(sets ?? []), [key, 'preauthorized']])
        return 201
      case 'delete':
        if (!sets || status === undefined) return 404
        sets.delete(key)
        if (status === 'preauthorized' && sets.size === 0) this.devices[device] = undefined
        return 204
      case 'revoke':
        return status === 'accepted' ? 204 : 404
      case 'decommission':
        this.devices[device] = undefined
        return sets ? 204 : 404
    }
  }
}

type Token = Who & { text: string; good: boolean }

/** The same operations on the real server. */
class Walk {
  readonly auth: ReturnType<typeof authOf>
  readonly identities = Array.from({ length: IDENTITIES }, newIdentity)
  readonly keys = Array.from({ length: IDENTITIES }, () => Array.from({ length: KEYS }, ed25519))
  readonly tokens: Token[] = []
  readonly tenant: TestTenant

  constructor(tenant: TestTenant) {
    this.tenant = tenant
    this.auth = authOf(server, tenant)
  }

  keyOf = ({ device, key }: Who): Keys => this.keys[device]![key]!

  async idsOf({ device, key }: Who): Promise<{ id: string; set_id: string }> {
    const found = await this.auth.deviceWith(this.identities[device]!)
    const pubkey = this.keys[device]![key]!.publicKey.export({ type: 'spki', format: 'pem' })
    const set = found?.auth_sets.find((set: { pubkey: string }) => set.pubkey === pubkey)
    return { id: found?.id ?? randomUUID(), set_id: set?.id ?? randomUUID() }
  }

  async run(operation: Operation): Promise<number> {
    const { id, set_id } = await this.idsOf(operation)
    const identity = this.identities[operation.device]!
    const keys = this.keyOf(operation)
    switch (operation.do) {
      case 'request': {
        const { status, text } = await this.auth.ask(keys, identity)
        if (status === 200) this.tokens.push({ device: operation.device, key: operation.key, text, good: true })
        return status
      }
      case 'set':
        return (await this.auth.setStatus(id, set_id, operation.status)).status
      case 'preauthorize':
        return (await this.auth.preauthorize(keys, identity, { force: operation.force })).status
      case 'delete':
        return (await this.auth.deleteSet(id, set_id)).status
      case 'revoke':
        return (await this.tenant.api.delete(`${DEVAUTH}/tokens/${set_id}`)).status
      case 'decommission':
        return (await this.auth.decommission(id)).status
    }
  }

  /** Asserts that devices, auth sets and tokens are as in the model. */
  async compare(model: Model, operation: Operation) {
    for (const token of this.tokens) {
      const revoked = operation.do === 'revoke' && token.device === operation.device && token.key === operation.key
      // A revoked token stays invalid: a set that is accepted again gets new ones.
      token.good &&= !revoked && model.devices[token.device]?.get(token.key) === 'accepted'
      expect(await authenticates(server, token.text)).toBe(token.good)
    }
    for (const [device, identity] of this.identities.entries()) {
      const found = await this.auth.deviceWith(identity)
      expect(found?.status).toBe(model.statusOf(device))
      const statuses = this.keys[device]!.map((keys) => {
        const pubkey = keys.publicKey.export({ type: 'spki', format: 'pem' })
        return found?.auth_sets.find((set: { pubkey: string }) => set.pubkey === pubkey)?.status
      })
      expect(statuses).toEqual(statuses.map((_, key) => model.devices[device]?.get(key)))
      expect(statuses.filter((status) => status === 'accepted').length).toBeLessThanOrEqual(1)
    }
  }
}

test('after any sequence of operations devices, auth sets and tokens are as in the model', async () => {
  const sequence = fc.array(operation, { minLength: 5, maxLength: 40, size: 'max' })
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(-1, 0, 1, 1), sequence, async (limit, operations) => {
      const walk = new Walk(await server.tenant())
      await walk.auth.limit(limit)
      const model = new Model(limit)
      for (const operation of operations) {
        expect([operation, await walk.run(operation)]).toEqual([operation, model.run(operation)])
        await walk.compare(model, operation)
      }
    }),
    { numRuns: 30, interruptAfterTimeLimit: 60_000 },
  )
})

test('after simultaneous operations the rules hold and no response is a 500', async () => {
  const sequences = fc.array(fc.array(operation, { minLength: 12, maxLength: 12 }), { minLength: 6, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(sequences, async (rounds) => {
      const walk = new Walk(await server.tenant())
      await walk.auth.limit(1)
      for (const operations of rounds) {
        const responses = await Promise.all(operations.map((operation) => walk.run(operation)))
        expect(responses.filter((status) => status >= 500)).toEqual([])
      }
      const devices = await walk.auth.devices()
      expect(devices.length).toBeLessThanOrEqual(IDENTITIES)
      expect(devices.filter(({ status }) => status === 'accepted').length).toBeLessThanOrEqual(1)
      for (const { status, auth_sets } of devices) {
        const statuses = auth_sets.map((set: { status: string }) => set.status)
        expect(status).toBe(STRENGTH.find((word) => statuses.includes(word)) ?? 'noauth')
        expect(statuses.filter((word: string) => word === 'accepted').length).toBe(status === 'accepted' ? 1 : 0)
      }
      const accepted = devices.flatMap(({ auth_sets }) =>
        auth_sets.filter((set: { status: string }) => set.status === 'accepted'),
      )
      for (const { text } of walk.tokens) {
        const { jti } = JSON.parse(Buffer.from(text.split('.')[1]!, 'base64url').toString())
        if (await authenticates(server, text)) expect(accepted.map(({ id }) => id)).toContain(jti)
      }
    }),
    { numRuns: 10, endOnFailure: true },
  )
})
