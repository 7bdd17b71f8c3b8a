import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Step, stepsIn } from './support/document-commands.ts'
import { openOutputs } from './support/document-outputs.ts'
import { useServer } from './support/fixtures.ts'
import { type Behavior, enrolGateways, type Gateways } from './support/gateways.ts'
import { runHere } from './support/run-here.ts'
import { addUser } from './support/users.ts'

const DOCUMENT = readFileSync(join(import.meta.dirname, '..', 'docs', 'rollouts.md'), 'utf8')
const HEADING = /^## (.*)$/gm

/** The steps before the first heading, then those below each heading that has some. */
const EXAMPLES = [{ 0: '', 1: 'The fleet', index: 0 }, ...DOCUMENT.matchAll(HEADING)]
  .map(({ 1: title, index }, i, all) => {
    const first = DOCUMENT.slice(0, index).split('\n').length
    return [title, stepsIn(DOCUMENT.slice(index, all[i + 1]?.index), first)] as const
  })
  .filter(([, steps]) => steps.length > 0)

const USERS = { ada: [], grace: ['approver'], ci: ['RBAC_ROLE_DEPLOYMENTS_MANAGER'] }

/** In the lab all installations of release 2.0 succeed. Three gateways near Berlin go silent with release 2.1. */
const behavior: Behavior = (release, index) => {
  if (release === 'release-2.0' && index > 3 && index % 2 === 0) return 'failure'
  if (release === 'release-2.1' && (index === 10 || index === 11)) return 'silence'
  if (release === 'release-2.1' && index === 12) return 'success and then silence'
  return 'success'
}

describe('the commands of docs/rollouts.md print what it shows', () => {
  const server = useServer()
  const tokens: Record<string, string> = {}
  const { withIds, expectOutput } = openOutputs()
  let fleet: Gateways
  let exit_code = 0
  beforeAll(async () => {
    const tenant = await server.tenant()
    const permission_sets_with_scope = [{ name: 'ApproveDeployments' }]
    const role = { name: 'approver', permission_sets_with_scope }
    expect(await tenant.api.post('/api/management/v2/useradm/roles', role)).toMatchObject({ status: 201 })
    for (const [name, roles] of Object.entries(USERS))
      tokens[name] = (await addUser(server, tenant, roles, `${name}@example.com`)).api.token ?? ''
    fleet = await enrolGateways(server, tenant, behavior)
  })

  /** A command that fails must show what it prints. */
  async function runCommand({ line, user, argv, output }: Extract<Step, { kind: 'command' }>) {
    const where = `docs/rollouts.md, line ${line}`
    const [program, ...words] = argv.map(withIds)
    if (program === 'echo') return expectOutput(String(exit_code), output, where)
    expect(program, where).toBe('muster')
    const ended = await runHere(words, { MUSTER_URL: server.url, MUSTER_TOKEN: tokens[user] ?? '' })
    exit_code = ended.code ?? -1
    if (output !== '') expectOutput(ended.stdout + ended.stderr, output, where)
    else expect([where, ended.stderr, exit_code]).toEqual([where, '', 0])
  }

  test('the document has three examples besides its fleet', () => {
    expect(EXAMPLES).toHaveLength(4)
  })

  test.each(EXAMPLES)('%s', { timeout: 360_000 }, async (_title, steps) => {
    for (const step of steps) {
      if (step.kind === 'command') await runCommand(step)
      else server.advance(step.kind === 'later' ? step.ms : until(step.time, server.env.now()))
      await fleet.settle()
    }
  })
})

/** The time until the next moment with this time of day, in UTC. */
function until(time: string, now: Date): number {
  const today = Date.parse(`${now.toISOString().slice(0, 10)}T${time}:00Z`)
  return (today > now.getTime() ? today : today + 86_400_000) - now.getTime()
}
