import { createHash } from 'node:crypto'

export const FLEET = 50_000
/** Devices that join on each day of the fortnight; the others are there from its beginning. */
const JOIN_A_DAY = 110
const DAYS = 14
const HOURS_OF_DAY = 24

export const RELEASES = {
  ...{ oldest: 'os-2026.08.4', older: 'os-2026.10.0', old: 'os-2026.10.1', stable: 'os-2026.10.2' },
  ...{ hotfix: 'os-2026.10.3', broken: 'os-2026.11.0', fixed: 'os-2026.11.1' },
} as const

/** Of the types with artifacts; `legacy-hub` has none since the second release. */
export const TYPES = ['gateway-a1', 'gateway-b2', 'meter-hub'] as const
const TYPE_WITHOUT_ARTIFACT = 'legacy-hub'
/** The broken release fails on it. The lab has none. */
export const BROKEN_TYPE = 'gateway-b2'

const CITIES = [
  ...[
    { region: 'eu', code: 'ber', city: 'Berlin', timezone: 'Europe/Berlin' },
    { region: 'eu', code: 'ham', city: 'Hamburg', timezone: 'Europe/Berlin' },
    { region: 'eu', code: 'vie', city: 'Vienna', timezone: 'Europe/Vienna' },
    { region: 'eu', code: 'lys', city: 'Lyon', timezone: 'Europe/Paris' },
    { region: 'eu', code: 'mil', city: 'Milan', timezone: 'Europe/Rome' },
    { region: 'eu', code: 'mad', city: 'Madrid', timezone: 'Europe/Madrid' },
  ],
  ...[
    { region: 'us', code: 'chi', city: 'Chicago', timezone: 'America/Chicago' },
    { region: 'us', code: 'aus', city: 'Austin', timezone: 'America/Chicago' },
    { region: 'us', code: 'sea', city: 'Seattle', timezone: 'America/Los_Angeles' },
  ],
  { region: 'asia', code: 'osa', city: 'Osaka', timezone: 'Asia/Tokyo' },
] as const

/** A number from 0 to 1 for a device and a question, the same in every run. */
export function chance(index: number, question: string): number {
  let hash = Math.imul(index + 1, 0x9e3779b1)
  for (let i = 0; i < question.length; i++) hash = Math.imul(hash ^ question.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d)
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}

/** One of some values, by their shares of all devices. */
function oneOf<Value>(share: number, values: readonly (readonly [share: number, Value])[], rest: Value): Value {
  let below = 0
  for (const [size, value] of values) {
    below += size
    if (share < below) return value
  }
  return rest
}

const LAB = 120
const CANARY_SHARE = 0.04

export type Member = ReturnType<typeof memberOf>

/** A device by its number. Hours are those of the fortnight. */
export function memberOf(index: number) {
  const place = CITIES[Math.floor(chance(index, 'city') * CITIES.length)] ?? CITIES[0]
  const ring = index < LAB ? 'lab' : chance(index, 'ring') < CANARY_SHARE ? 'canary' : 'production'
  const device_type = oneOf<string>(
    chance(index, 'type'),
    [
      [ring === 'lab' ? 0 : 0.27, BROKEN_TYPE],
      [0.15, 'meter-hub'],
      [ring === 'lab' ? 0 : 0.008, TYPE_WITHOUT_ARTIFACT],
    ],
    'gateway-a1',
  )
  const { oldest, older, old } = RELEASES
  const joiners = index - (FLEET - DAYS * JOIN_A_DAY)
  const joins = joiners < 0 ? 0 : Math.floor(joiners / JOIN_A_DAY) * HOURS_OF_DAY + 8 * chance(index, 'join')
  return {
    ...{ index, ring, device_type, joins, ...place },
    hostname: `${place.code}-gw-${String(index + 1).padStart(5, '0')}`,
    artifact_name: oneOf<string>(
      chance(index, 'release'),
      [
        [0.09, oldest],
        [0.27, older],
      ],
      old,
    ),
    silent_from: joins > 0 || ring === 'lab' ? Number.POSITIVE_INFINITY : silentFrom(index),
  }
}

/** Most devices are in none. */
export function groupOf({ index, ring, region, code, device_type }: Member): string | undefined {
  if (ring === 'lab') return 'lab'
  if (ring === 'canary') return `canaries-${region}`
  if (device_type === TYPE_WITHOUT_ARTIFACT) return 'to-be-replaced'
  const share = chance(index, 'group')
  if (code === 'vie' && share < 0.55) return 'vienna-waterworks'
  if (code === 'ham' && share < 0.3) return 'port-of-hamburg'
  return share > 0.985 ? `spare-parts-${code}` : undefined
}

/** Most devices never fall silent; some did before the fortnight, others do during it. */
function silentFrom(index: number): number {
  const share = chance(index, 'silent')
  if (share < 0.009) return -1
  return share < 0.017 ? chance(index, 'silent from') * DAYS * HOURS_OF_DAY : Number.POSITIVE_INFINITY
}

/** Whether the device is switched on in an hour: fewer are at weekends. The fortnight begins on a Friday. */
export function isOnline({ index, ring, joins, silent_from }: Member, hour: number): boolean {
  if (ring === 'lab') return true
  const day = Math.floor((hour + 15) / HOURS_OF_DAY)
  const is_weekend = [1, 2].includes(day % 7)
  return hour >= joins && hour < silent_from && chance(index, `day ${day}`) > (is_weekend ? 0.06 : 0.015)
}

/** An ID as the server makes them. */
export function idOf(index: number): string {
  const hex = createHash('md5').update(`a device of the pictures, ${index}`).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20)].join('-')
}

const KERNELS: Record<string, string> = { 'meter-hub': '6.6.58', [TYPE_WITHOUT_ARTIFACT]: '4.19.294' }

export function inventoryOf(member: Member, artifact_name: string) {
  const { index, hostname, device_type, region, city, ring, timezone } = member
  const part = (question: string) => Math.floor(chance(index, question) * 256)
  return {
    ...{ artifact_name, device_type, hostname, region, city, ring, timezone },
    ...{ kernel: `Linux ${KERNELS[device_type] ?? '6.12.9'}`, client_version: '5.0.2' },
    ...{ ipv4_eth0: `10.${part('a')}.${part('b')}.${part('c')}/16`, mac_eth0: macOf(member) },
    ...{ mem_total_kB: device_type === 'gateway-a1' ? 2_048_000 : 1_024_000, rootfs_type: 'ext4' },
  }
}

export function macOf({ index }: Pick<Member, 'index'>): string {
  const hex = createHash('md5').update(`the address of ${index}`).digest('hex')
  return `02:${[0, 2, 4, 6, 8].map((at) => hex.slice(at, at + 2)).join(':')}`
}
