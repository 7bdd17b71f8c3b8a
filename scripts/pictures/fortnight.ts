import { simulateDevice } from '../../src/simulate/simulated-device.ts'
import { FLEET, groupOf, idOf, type Member, memberOf, RELEASES, TYPES } from './members.ts'
import { arrange, configure } from './settings.ts'
import { has, type User } from './user.ts'

/** What users do in the fortnight. `at` converts one of its hours to a time. */
export type Scene = {
  url: string
  /** The target of webhooks. */
  hook: string
  tenant_token: string
  ada: User
  grace: User
  at: (hour: number) => string
  /** IDs of deployments and filters by name. */
  ids: Record<string, string>
}

type Act = { hour: number; run: (scene: Scene) => Promise<unknown> }

const { stable, hotfix, broken, fixed } = RELEASES
const [EVERYWHERE, EUROPE_FIRST, EUROPE] = [`${stable} everywhere`, `${broken} in Europe`, `${fixed} in Europe`]

const notes = (text: string) => `${text}\n\nBuilt by CI from the tag of the same name.`

/** Before the fortnight. */
export async function prepare({ ada, hook, ids }: Scene): Promise<void> {
  const naming = { id_attribute: { scope: 'inventory', attribute: 'hostname' } }
  await ada.call('POST', '/api/management/v1/useradm/settings', naming)
  await arrange(ada, hook)
  for (const name of [RELEASES.older, RELEASES.old]) await ada.release({ name, notes: notes('Maintenance release.') })
  ids.all = await ada.filter('gateways and hubs', [has('device_type', [...TYPES])])
  ids.europe = await ada.filter('Europe', [has('region', 'eu')])
  ids.us = await ada.filter('Americas', [has('region', 'us')])
  ids.asia = await ada.filter('Asia-Pacific', [has('region', 'asia')])
  ids.lab = await ada.filter('lab', [has('ring', 'lab')])
  ids.canaries = await ada.filter('canaries', [has('ring', 'canary')])
  const old_kernel = { ...has('kernel', '^Linux 4'), type: '$regex' }
  const behind = { type: '$and', terms: [has('device_type', 'meter-hub'), has('artifact_name', RELEASES.oldest)] }
  await ada.filter('to be replaced in Hamburg and Berlin', [
    has('city', ['Hamburg', 'Berlin']),
    { type: '$or', terms: [old_kernel, behind] },
  ])
  await ada.filter('production outside Europe', [
    has('ring', 'production'),
    { type: '$not', terms: [has('region', 'eu')] },
  ])
}

/** The fortnight begins on a Friday at 14:20 UTC; day 3 is a Monday. */
const hourOf = (day: number, hour: number, minute = 0): number => day * 24 + hour + minute / 60 - (14 + 20 / 60)

export const ACTS: readonly Act[] = [
  {
    hour: hourOf(0, 16),
    async run({ ada }) {
      const ids = new Map<string, string[]>()
      for (const member of fleet().filter(({ joins }) => joins === 0)) {
        const group = groupOf(member)
        if (group) ids.set(group, [...(ids.get(group) ?? []), idOf(member.index)])
      }
      for (const [group, devices] of ids) await ada.addToGroup(group, devices)
    },
  },
  {
    hour: hourOf(3, 8, 5),
    async run({ ada, ids }) {
      const text = 'Renews the certificates of the meter bus, and updates OpenSSL.'
      await ada.release({ name: stable, notes: notes(text), tags: ['stable'] })
      ids[EVERYWHERE] = await ada.deploy({
        ...{ name: EVERYWHERE, artifact_name: stable, filter_id: ids.all, max_devices: 44_000, retries: 1 },
        phases: [
          { batch_size: 2, gate: { success_percent: 95, soak_minutes: 240 } },
          { batch_size: 18, gate: { success_percent: 95, soak_minutes: 240 } },
          {},
        ],
        ...{ max_in_flight: 1500, order: 'random' },
        failure_policy: { max_failure_percent: 8, min_ended: 100, timeout_minutes: 720 },
      })
    },
  },
  {
    hour: hourOf(6, 11, 30),
    async run({ ada, ids }) {
      await ada.release({
        name: hotfix,
        notes: notes('Sets the clock after daylight saving time ends.'),
        tags: ['hotfix'],
      })
      await ada.deploy({
        ...{ name: `${hotfix} in the Americas`, artifact_name: hotfix, filter_id: ids.us, max_devices: 13_000 },
        ...{ max_in_flight: 700, retries: 1, failure_policy: { max_failure_percent: 8, min_ended: 100 } },
      })
    },
  },
  {
    hour: hourOf(7, 9, 10),
    async run({ ada, ids }) {
      await ada.release({ name: broken, notes: notes('New driver of the meter bus.'), tags: ['next'] })
      ids[EUROPE_FIRST] = await ada.deploy({
        ...{ name: EUROPE_FIRST, artifact_name: broken, filter_id: ids.europe, max_devices: 29_000 },
        phases: [
          { filter_id: ids.lab, gate: { success_percent: 100, soak_minutes: 240 } },
          { filter_id: ids.canaries, gate: { success_percent: 95, soak_minutes: 480 } },
          {},
        ],
        ...{ max_in_flight: 750, failure_policy: { max_failures: 25, timeout_minutes: 480 } },
      })
    },
  },
  {
    hour: hourOf(8, 8, 40),
    run: ({ ada, ids }) => ada.rollBack(ids[EUROPE_FIRST] ?? '', stable),
  },
  {
    hour: hourOf(10, 9, 30),
    async run({ ada, at }) {
      const reasons = [
        { reason: 'On the stand at the fair in Hanover', not_before: at(hourOf(19, 17)) },
        { reason: 'Reproduces #4127 on the bench, do not touch' },
        { reason: 'Calibrated by the metrology office: update only with Frank on site' },
      ]
      const pinned = fleet().filter(({ region, ring }) => region === 'eu' && ring === 'production')
      for (const [i, pin] of [...reasons, ...reasons].entries()) await ada.pin(idOf(pinned[i * 97]?.index ?? 0), pin)
    },
  },
  {
    hour: hourOf(10, 10, 15),
    async run({ ada, ids }) {
      const text = 'New driver of the meter bus, which now waits for the second controller of gateway-b2.'
      await ada.release({ name: fixed, notes: notes(text), tags: ['next'] })
      ids[EUROPE] = await ada.deploy({
        ...{ name: EUROPE, artifact_name: fixed, filter_id: ids.europe, max_devices: 29_000, retries: 1 },
        phases: [
          { filter_id: ids.lab, gate: { success_percent: 100, soak_minutes: 360 } },
          { filter_id: ids.canaries, gate: { success_percent: 95, soak_minutes: 480, approval: 'other_user' } },
          { batch_size: 20, gate: { success_percent: 95, soak_minutes: 240 } },
          {},
        ],
        ...{ max_in_flight: 750, order: 'random' },
        failure_policy: { max_failure_percent: 5, min_ended: 400, timeout_minutes: 480 },
      })
    },
  },
  {
    hour: hourOf(11, 14, 30),
    run: ({ grace, ids }) => grace.approve(ids[EUROPE] ?? '', 2, 'No new errors on the canaries for eight hours'),
  },
  {
    hour: hourOf(12, 18, 5),
    run: ({ grace, ids }) => grace.pause(ids[EUROPE] ?? '', 'The operator of our mobile network announced an outage'),
  },
  {
    hour: hourOf(12, 22),
    run: ({ ada, ids }) =>
      ada.deploy({
        ...{ name: `${fixed} in Asia-Pacific`, artifact_name: fixed, filter_id: ids.asia, max_devices: 4700 },
        ...{ phases: [{ batch_size: 20, gate: { success_percent: 90, soak_minutes: 240, approval: 'required' } }, {}] },
        ...{ retries: 1, failure_policy: { max_failure_percent: 5, min_ended: 50, timeout_minutes: 480 } },
      }),
  },
  { hour: hourOf(13, 7, 50), run: ({ ada, ids }) => ada.resume(ids[EUROPE] ?? '', 'The network is stable again') },
  {
    hour: hourOf(14, 9, 40),
    run: ({ ada, ids, at }) =>
      ada.deploy({
        ...{ name: `${fixed} in the Americas`, artifact_name: fixed, filter_id: ids.us, max_devices: 14_000 },
        phases: [{ batch_size: 10, start_ts: at(hourOf(17, 8)), gate: { success_percent: 95, soak_minutes: 480 } }, {}],
      }),
  },
  { hour: hourOf(14, 11), run: ({ ada }) => configure(ada) },
  {
    hour: hourOf(14, 12),
    async run({ url, tenant_token }) {
      for (let i = 0; i < 14; i++)
        await simulateDevice({ url, tenant_token, identity: { mac: `02:7a:00:00:00:${10 + i}` } }).requestAuth()
    },
  },
]

const fleet = (): Member[] => Array.from({ length: FLEET }, (_, index) => memberOf(index))
