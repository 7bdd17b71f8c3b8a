import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sql } from '../src/db/sql.ts'
import { rankBounds } from '../src/deployments/orders/named-phases.ts'
import { phaseOfRank } from '../src/deployments/placement.ts'
import { RANK_DIGITS, rankOf } from '../src/deployments/rollout/rank.ts'
import { useServer } from './support/fixtures.ts'

const server = useServer()

const DEPLOYMENT = '6fc9c1a3-abe1-4e34-b43c-dc12a5b86b8a'
const OTHER = '6fc9c1a3-abe1-4e34-b43c-dc12a5b86b8b'
const UNDECIDED = { batch_size: 1, start_ts: null, gate: null, named: null }

/** The rank at which each phase ends, as PostgreSQL computes it at creation. */
const boundsOf = (deployment_id: string, ids: readonly string[], capacities: readonly number[]) =>
  rankBounds(server.env.db, {
    deployment_id,
    members: { from: sql`unnest(${[...ids]}::text[]) as members (id)`, id: sql`members.id` },
    phases: capacities.map((capacity) => ({ ...UNDECIDED, capacity })),
  })

describe('the rank of a device', () => {
  const ids = fc.uniqueArray(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), {
    ...{ minLength: 2, maxLength: 60 },
  })

  test('is the same in PostgreSQL, whatever its id', async () => {
    await fc.assert(
      fc.asyncProperty(ids, fc.string({ unit: 'binary', minLength: 1 }), async (found, deployment) => {
        const [deployment_id = '', ...given] = [deployment, ...found].map((id) => id.replaceAll('\0', '0'))
        const unique = [...new Set(given)]
        const bounds = await boundsOf(
          deployment_id,
          unique,
          unique.map(() => 1),
        )
        const ranks = unique.map((id) => rankOf(deployment_id, id)).toSorted((a, b) => a - b)
        expect(bounds).toEqual([...ranks.slice(1), null])
      }),
      { numRuns: 40, examples: [[['ß', 'ss', '\u{1F680}', "'; --", '\\x41', '%', '/', 'e\u0301', '\u00e9'], '/']] },
    )
  })

  test('puts exactly as many devices into each phase as it has, however the sizes are', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(sizes, fc.uuid(), async (capacities, deployment_id) => {
        const devices = Array.from({ length: capacities.reduce((a, b) => a + b, 0) }, (_, i) => `device-${i}`)
        const bounds = await boundsOf(deployment_id, devices, capacities)
        const places = bounds.map((rank_below) => ({ named: null, rank_below }))
        const counts = capacities.map(() => 0)
        for (const id of devices) counts[phaseOfRank(places, rankOf(deployment_id, id))!]!++
        expect(counts).toEqual(capacities)
      }),
      { numRuns: 20 },
    )
  })

  test('is a whole number that JSON and PostgreSQL keep', () => {
    expect(rankOf(DEPLOYMENT, 'device-1')).toBe(rankOf(DEPLOYMENT, 'device-1'))
    for (let i = 0; i < 1000; i++) {
      const rank = rankOf(DEPLOYMENT, `device-${i}`)
      expect(Number.isSafeInteger(rank) && rank >= 0 && rank < 2 ** (4 * RANK_DIGITS)).toBe(true)
    }
  })
})

const DEVICES = 20_000
const tenthOf = (deployment: string, id: string) => Math.floor((rankOf(deployment, id) / 2 ** (4 * RANK_DIGITS)) * 10)
const chiSquare = (observed: readonly number[], expected: number) =>
  observed.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)

/** Fleets whose ids differ little. */
const FLEETS = ['device-', '6fc9c1a3-abe1-4e34-b43c-00000000', ''].map((prefix) =>
  Array.from({ length: DEVICES }, (_, i) => `${prefix}${i}`),
)

describe('the ranks of a fleet', () => {
  // Of a chi-square distribution with 9 and 81 degrees of freedom, one in a million is above these.
  const [UNIFORM, INDEPENDENT] = [43, 157]

  test('are uniform', () => {
    for (const fleet of FLEETS) {
      const counts = Array(10).fill(0)
      for (const id of fleet) counts[tenthOf(DEPLOYMENT, id)]++
      expect(chiSquare(counts, DEVICES / 10)).toBeLessThan(UNIFORM)
    }
  })

  test('are independent of those in another deployment, so that nobody is always the first', () => {
    for (const fleet of FLEETS) {
      const counts = Array(100).fill(0)
      for (const id of fleet) counts[tenthOf(DEPLOYMENT, id) * 10 + tenthOf(OTHER, id)]++
      expect(chiSquare(counts, DEVICES / 100)).toBeLessThan(INDEPENDENT)
      const first = fleet.filter((id) => tenthOf(DEPLOYMENT, id) === 0)
      const again = first.filter((id) => tenthOf(OTHER, id) === 0)
      expect(again.length / first.length).toBeCloseTo(0.1, 1)
    }
  })
})

describe('the phase of a rank', () => {
  const at = (rank_below: number | null) => ({ named: null, rank_below })
  const named = { named: { device_ids: ['a'] }, rank_below: null }

  test('is the first one that ends above it; the last has no end', () => {
    const places = [named, at(10), at(20), named, at(null)]
    expect([0, 9, 10, 19, 20, 2 ** 52 - 1].map((rank) => phaseOfRank(places, rank))).toEqual([1, 1, 2, 2, 4, 4])
  })

  test('is none if all phases name devices', () => {
    expect(phaseOfRank([named], 5)).toBeNull()
  })
})
