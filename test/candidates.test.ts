import { describe, expect, test } from 'vitest'
import { type ActiveRow, ActiveSet, toActive } from '../src/deployments/active-set.ts'
import { candidatesFor } from '../src/deployments/candidates.ts'
import { type DeviceFacts, type FactColumns, toFacts } from '../src/deployments/device-facts.ts'
import type { Filterable, Term } from '../src/inventory/filter.ts'
import { filterable } from './support/filterable.ts'

const at = (second: number) => `2026-01-01T00:00:0${second}.000Z`

const row = (id: string, changes: Partial<ActiveRow> = {}): ActiveRow => ({
  ...{ id, tenant_id: 't', artifact_name: 'release', type: 'software', created: at(Number(id)) },
  ...{
    dynamic: false,
    audience: null,
    groups: [],
    terms: [],
    retries: 0,
    force_installation: false,
    limited: false,
    may_be_full: false,
  },
  ...{ rollout: null, exclude: null, places: null, rollback_of: null, configuration_bytes: null },
  ...changes,
})
const inRegion = (value: string): Partial<ActiveRow> => {
  const terms: Term[] = [{ scope: 'inventory', attribute: 'region', type: '$eq', value }]
  return { dynamic: true, terms }
}

function activeSet(...rows: ActiveRow[]): ActiveSet {
  const set = new ActiveSet()
  const active = rows.map(({ id }) => ({ id, update_control_map: null }))
  set.update({ version: 1, complete_as_of: 1, limits: null, active, added: rows, artifacts: [] })
  return set
}

const device = filterable({ region: 'eu' })
const facts = (columns: Partial<FactColumns> = {}, changes: Partial<Filterable> = {}) =>
  toFacts(
    { ...device, ...changes },
    {
      listed_after: null,
      listed_until: null,
      past: null,
      named_by: null,
      touched_by: null,
      configured_by: null,
      assigned_before: null,
      ...columns,
    },
  )

const idsOf = (of: DeviceFacts, active: ActiveSet, baseline: string, configuration?: ActiveRow) =>
  candidatesFor(of, { active, configuration: configuration && toActive(configuration) }, baseline).map(
    (found) => found.deployment.id,
  )

describe('the candidates for a device', () => {
  test('are the deployments that name, list or match it, oldest first', () => {
    const set = activeSet(
      ...[row('1', inRegion('us')), row('2', inRegion('eu')), row('3', { audience: 'all' })],
      ...[row('4'), row('5'), row('6', { audience: 'group', groups: ['lab'] })],
    )
    const columns = { named_by: '5', listed_after: at(0), listed_until: at(9) }
    expect(idsOf(facts(columns), set, '')).toEqual(['2', '3', '5'])
    expect(idsOf(facts(columns, { group_name: 'lab' }), set, '')).toEqual(['2', '3', '5', '6'])
  })

  test('are newer than every deployment that it has finished', () => {
    const set = activeSet(row('1', inRegion('eu')), row('2', inRegion('eu')), row('3', inRegion('eu')))
    expect(idsOf(facts(), set, at(2))).toEqual(['3'])
    expect(idsOf(facts(), set, at(3))).toEqual([])
  })

  test('include that of its configuration, in the order of all', () => {
    const configuration = row('2', { type: 'configuration', configuration_bytes: 2 })
    const set = activeSet(row('1', inRegion('eu')), row('3', inRegion('eu')))
    expect(idsOf(facts(), set, '', configuration)).toEqual(['1', '2', '3'])
    expect(idsOf(facts(), set, at(1), configuration)).toEqual(['2', '3'])
    expect(idsOf(facts(), set, at(3), configuration)).toEqual([])
  })

  test('are empty if it is not accepted', () => {
    expect(idsOf(facts({}, { status: 'rejected' }), activeSet(row('1', inRegion('eu'))), '')).toEqual([])
  })

  test('include static deployments to a group that it has left since, and no dynamic ones', () => {
    const in_lab: Term[] = [{ scope: 'system', attribute: 'group', type: '$eq', value: 'lab' }]
    const set = activeSet(
      row('2', { audience: 'group', groups: ['lab'] }),
      row('3', { dynamic: true, terms: in_lab }),
      row('5', { audience: 'group', groups: ['lab'] }),
    )
    expect(idsOf(facts({ past: [['lab', at(1), at(4)]] }), set, '')).toEqual(['2'])
  })

  test('state whether it was assigned before its history was deleted', () => {
    const set = activeSet(row('1', inRegion('eu')), row('2', inRegion('eu')))
    const candidates = candidatesFor(facts({ assigned_before: '0,2' }), { active: set, configuration: undefined }, '')
    expect(candidates.map(({ was_assigned }) => was_assigned)).toEqual([false, true])
  })
})

test('an update of the set removes finished deployments, adds created ones and keeps the others', () => {
  const set = activeSet(row('1', inRegion('eu')), row('2', inRegion('us')))
  const before = set.byId.get('2')
  const map = { states: {} }
  set.update({
    ...{ version: 2, complete_as_of: 2, limits: null, artifacts: [], added: [row('3', { audience: 'all' })] },
    active: ['2', '3'].map((id) => ({ id, update_control_map: map })),
  })
  expect([...set.byId.keys()]).toEqual(['2', '3'])
  expect(set.byId.get('2')).toBe(before)
  expect(before?.update_control_map).toBe(map)
  expect(set).toMatchObject({ version: 2, complete_as_of: 2, newest: at(3) })
  expect(set.needs.referenced).toEqual([{ scope: 'inventory', attribute: 'region' }])
})
