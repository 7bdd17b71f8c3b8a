import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { Answer } from '../../src/client/send.ts'
import type { Database } from '../../src/db/db.ts'
import { sql } from '../../src/db/sql.ts'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import type { Api } from './api.ts'
import { ARTIFACTS, buildArtifact, uploadFile } from './artifact.ts'
import { isDdi } from './ddi-twin.ts'
import { poll, V1, V2 } from './deploy.ts'
import { expectCountersToEqualRows } from './recount.ts'
import { expectActionsToMatchRows } from './recount-actions.ts'

export const FILTERS = '/api/management/v2/inventory/filters'

const wait = (ms: number) => new Promise((wake) => setTimeout(wake, ms))

/** Works as devices and users do, and keeps what a server has acknowledged, which it must not lose. */
export class Acknowledged {
  readonly offers = new Map<string, string>()
  readonly ends = new Map<string, string>()
  readonly may_be_aborted = new Set<string>()
  readonly deployments = new Set<string>()
  readonly aborted = new Set<string>()
  readonly artifacts = new Map<string, string>()
  readonly #see: (answer: Pick<Answer, 'status'>) => void

  /** `see` is called with each answer to a device. */
  constructor(see: (answer: Pick<Answer, 'status'>) => void = () => {}) {
    this.#see = see
  }

  /** One poll, and the installation of what it offers. */
  async update(device: SimulatedDevice): Promise<void> {
    const offer = await poll(device)
    this.#see(offer)
    if (offer.status !== 200) return void (await wait(20))
    const key = `${offer.body.id}/${device.id}`
    this.offers.set(key, offer.body.id)
    this.#see(await device.report(offer.body.id, 'installing'))
    const status = Math.random() < 0.3 ? 'failure' : 'success'
    const report = await device.report(offer.body.id, status)
    this.#see(report)
    // A failure with a retry left is not final.
    if (report.status !== 204 || status !== 'success') return
    this.ends.set(key, status)
    // It may have been asked to cancel, which it has not seen: then the server takes note, and the abort prevails.
    if (isDdi(device)) this.may_be_aborted.add(key)
  }

  /** A deployment to the first filter and an artifact, and sometimes an abort. */
  async operate(api: Api): Promise<void> {
    const filters = await api.get(FILTERS)
    if (filters.status !== 200) return void (await wait(20))
    const created = await api.post(V2, {
      name: 'n',
      artifact_name: 'release-1',
      filter_id: filters.body[0].id,
      retries: 1,
    })
    if (created.status !== 201) return
    const id = created.headers.get('location')?.split('/')[5] ?? ''
    this.deployments.add(id)
    const file = await buildArtifact({ name: `release-${id}` })
    const upload = await uploadFile(api, file)
    if (upload.status === 201)
      this.artifacts.set(
        upload.headers.get('location')?.split('/').at(-1) ?? '',
        createHash('sha256').update(file).digest('hex'),
      )
    await wait(100)
    if (Math.random() < 0.3) {
      const abort = await api.put(`${V1}/${id}/status`, { status: 'aborted' })
      if (abort.status === 204) this.aborted.add(id)
    }
  }

  /** All of it is in the database. */
  async expectIn(db: Database): Promise<void> {
    const rows = await db.query<{ key: string; status: string }>(sql`
      select deployment_id || '/' || device_id as key, status from effective_device_deployments`)
    const status = new Map(rows.map((row) => [row.key, row.status]))
    expect([...this.offers.keys()].filter((key) => !status.has(key))).toEqual([])
    const isLost = ([key, end]: [string, string]) =>
      status.get(key) !== end && !(status.get(key) === 'aborted' && this.may_be_aborted.has(key))
    expect([...this.ends].filter(isLost)).toEqual([])

    const deployments = await db.query<{ deployment_id: string; was_aborted: boolean }>(sql`
      select deployment_id, was_aborted from deployment_progress`)
    const aborted = new Map(deployments.map((row) => [row.deployment_id, row.was_aborted]))
    expect([...this.deployments].filter((id) => !aborted.has(id))).toEqual([])
    expect([...this.aborted].filter((id) => !aborted.get(id))).toEqual([])
  }

  /** All artifacts can be downloaded. */
  async expectArtifacts(api: Api): Promise<void> {
    const listed = (await api.get(ARTIFACTS)).body as { id: string }[]
    expect([...this.artifacts.keys()].filter((id) => !listed.some((artifact) => artifact.id === id))).toEqual([])
    for (const [id, sha256] of this.artifacts) {
      const { uri } = (await api.get(`${ARTIFACTS}/${id}/download`)).body
      const bytes = Buffer.from(await (await fetch(uri)).arrayBuffer())
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256)
    }
  }
}

/** All counters and actions are correct. */
export async function expectConsistent(db: Database): Promise<void> {
  await expectCountersToEqualRows(db)
  await expectActionsToMatchRows(db)
}
