import { tokenOf } from '../../bench/kit/fleet.ts'
import { requestText } from '../../bench/kit/load.ts'
import { type Line, openLine } from './line.ts'
import { chance, FLEET, idOf, inventoryOf, isOnline, type Member, memberOf } from './members.ts'
import { logOf, outcomeOf } from './outcomes.ts'

/** `secret`: the key of the installation, in base64. */
export type Installation = { port: number; tenant_id: string; secret: string }
/** From one hour of the fortnight to another. A device polls once in `poll_hours`. `now`: the time of the server. */
export type Tick = { from: number; to: number; poll_hours: number; now: string }
export type Done = { polls: number; offers: number; succeeded: number; failed: number }

/** An installation in progress. Times are hours of the fortnight. */
type Work = { id: string; artifact_name: string; attempt: number; installs_at: number | undefined; ends_at: number }
type Task = (line: Line) => Promise<unknown>

const LINES = 64
const NEXT = '/api/devices/v2/deployments/device/deployments/next'
const DEPLOYMENTS = '/api/devices/v1/deployments/device/deployments'
const INVENTORY = '/api/devices/v1/inventory/device/attributes'
/** Then a device that hangs is restarted, and polls again. */
const HANGS_HOURS = 26
/** Before, most devices report only how an installation ended. */
const DETAILED_FROM = 300
const DETAILED_SHARE = 0.2
/** Devices on which a rollout begins poll more often. */
const POLL_HOURS: Record<string, number> = { lab: 1, canary: 6 }

/** The devices of the fleet, as the server sees them: they poll, install what they are offered, and report it. */
export class Devices {
  readonly #port: number
  readonly #sign: (index: number) => string
  readonly #members = Array.from({ length: FLEET }, (_, index) => memberOf(index))
  readonly #runs = this.#members.map(({ artifact_name }) => artifact_name)
  readonly #works = new Map<number, Work>()
  readonly #attempts = new Map<string, number>()
  readonly #tokens: string[] = []
  #done: Done = { polls: 0, offers: 0, succeeded: 0, failed: 0 }

  constructor({ port, tenant_id, secret }: Installation) {
    const key = Buffer.from(secret, 'base64')
    this.#port = port
    this.#sign = (index) => tokenOf(key, tenant_id, idOf(index))
  }

  /** Everything that happens in this time, and how much it was. */
  async run(tick: Tick): Promise<Done> {
    this.#done = { polls: 0, offers: 0, succeeded: 0, failed: 0 }
    const idle = this.#members.filter(({ index }) => !this.#works.has(index))
    // Devices that end make room for those that ask.
    const ending = [...this.#works].flatMap(([index, work]) => this.#nextStep(this.#members[index]!, work, tick) ?? [])
    const polling = idle.filter((member) => polls(member, tick)).map((member) => this.#poll(member, tick))
    const tasks: Task[] = [...ending, ...polling]
    let next = 0
    const work = async () => {
      const line = await openLine(this.#port)
      for (let task = tasks[next++]; task; task = tasks[next++]) await task(line)
      line.close()
    }
    await Promise.all(Array.from({ length: Math.min(LINES, tasks.length) }, work))
    return this.#done
  }

  /** Undefined: it is still working. */
  #nextStep(member: Member, work: Work, tick: Tick): Task | undefined {
    if (work.ends_at <= tick.to) return this.#end(member, work, tick)
    if (work.installs_at === undefined || work.installs_at > tick.to) return undefined
    work.installs_at = undefined
    return (line) => this.#report(line, member, work, 'installing')
  }

  #poll(member: Member, { to }: Tick): Task {
    const { index, device_type } = member
    const device_provides = { artifact_name: this.#runs[index] ?? '', device_type }
    return async (line) => {
      const { status, body } = await line.send(this.#text(member, 'POST', NEXT, { device_provides }), [200, 204])
      this.#done.polls++
      if (status === 204) return
      this.#done.offers++
      const { id, artifact } = JSON.parse(body) as { id: string; artifact: { artifact_name: string } }
      const { artifact_name } = artifact
      const attempt = (this.#attempts.get(`${index} ${id}`) ?? 0) + 1
      this.#attempts.set(`${index} ${id}`, attempt)
      const takes = 0.3 + 1.8 * chance(index, `takes ${artifact_name}`)
      const ends_at = to + (outcomeOf(member, artifact_name, attempt) === 'hangs' ? HANGS_HOURS : takes)
      const is_detailed = to >= DETAILED_FROM || chance(index, 'detailed') < DETAILED_SHARE
      const work: Work = {
        id,
        artifact_name,
        attempt,
        installs_at: is_detailed ? to + 0.6 * takes : undefined,
        ends_at,
      }
      this.#works.set(index, work)
      if (is_detailed) await this.#report(line, member, work, 'downloading')
    }
  }

  #end(member: Member, work: Work, { now }: Tick): Task | undefined {
    const { index } = member
    const { id, artifact_name, attempt } = work
    const outcome = outcomeOf(member, artifact_name, attempt)
    this.#works.delete(index)
    if (outcome === 'hangs') return undefined
    return async (line) => {
      if (!(await this.#report(line, member, work, outcome))) return
      if (outcome === 'success') return this.#runNow(line, member, artifact_name)
      this.#done.failed++
      const messages = logOf(member, artifact_name).map((message) => ({ timestamp: now, ...message }))
      if (messages.length > 0)
        await line.send(this.#text(member, 'PUT', `${DEPLOYMENTS}/${id}/log`, { messages }), [204])
    }
  }

  async #runNow(line: Line, member: Member, artifact_name: string): Promise<void> {
    this.#done.succeeded++
    this.#runs[member.index] = artifact_name
    const attributes = Object.entries(inventoryOf(member, artifact_name)).map(([name, value]) => ({ name, value }))
    await line.send(this.#text(member, 'PUT', INVENTORY, attributes), [200])
  }

  /** Whether the server took it: otherwise the deployment was aborted, and the device goes on polling. */
  async #report(line: Line, member: Member, { id }: Work, status: string): Promise<boolean> {
    const text = this.#text(member, 'PUT', `${DEPLOYMENTS}/${id}/status`, { status })
    const is_taken = (await line.send(text, [204, 409])).status === 204
    if (!is_taken) this.#works.delete(member.index)
    return is_taken
  }

  #text({ index }: Member, method: string, path: string, body: unknown): string {
    this.#tokens[index] ??= this.#sign(index)
    return requestText(method, path, { token: this.#tokens[index], body })
  }
}

function polls(member: Member, { from, to, poll_hours }: Tick): boolean {
  const every = Math.min(poll_hours, POLL_HOURS[member.ring] ?? poll_hours)
  const turn = (hour: number) => Math.floor(hour / every + chance(member.index, 'turn'))
  return turn(to) > turn(from) && isOnline(member, to)
}
