import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { noise } from '../support/artifact.ts'
import { openOutputs } from '../support/document-outputs.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { runHere } from '../support/run-here.ts'
import { waitForPending } from './ddi-tenant.ts'
import { blocksIn, commandsIn } from './document-blocks.ts'
import { scratchDirectory } from './programs.ts'

/** With the label of the token that its commands print. */
const DOCUMENTS = [
  { name: 'connect-rauc.md', label: 'Target token' },
  { name: 'connect-zephyr.md', label: 'Gateway token' },
]
const DEVICE = '1812096c-c482-4497-bb41-cfadb16b8574'

describe.each(DOCUMENTS)('the commands of docs/$name', ({ name, label }) => {
  const server = useServer()
  const tenant = useTenant(server)
  const dir = scratchDirectory()
  const token = new RegExp(`^ *${label} +(\\S+)$`, 'm')
  const document = readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8')
  const [, shown_token = ''] = token.exec(document) ?? []

  test('do and print what it says', async () => {
    const { withIds, expectOutput } = openOutputs()
    let printed_token = ''
    const commands = blocksIn(document).flatMap((block) => (block.kind === 'commands' ? commandsIn(block) : []))
    expect(commands.length).toBeGreaterThan(5)
    for (const { command, output, line } of commands) {
      // It shows no output of these: they would need the device itself.
      if (command.includes(' watch ') || command.includes(' devices list ')) continue
      if (command.includes(' accept ')) {
        await introduce(printed_token)
        expectOutput(await waitForPending(tenant.api, 'sensor-1'), DEVICE, 'the ID of the device')
      }
      const words = withIds(command).match(/(?:'[^']*'|[^\s'])+/g) ?? []
      const argv = words.slice(1).map((word) => word.replaceAll("'", ''))
      if (argv[1] === 'upload') argv[2] = await makeFile(argv[2] ?? '')
      const ended = await runHere(argv, { MUSTER_URL: server.url, MUSTER_TOKEN: tenant.api.token ?? '' })
      const where = `docs/${name}, line ${line}`
      expect([where, ended.stderr, ended.code]).toEqual([where, '', 0])
      printed_token ||= token.exec(ended.stdout)?.[1] ?? ''
      if (output.trim()) expectOutput(ended.stdout, output.replaceAll(shown_token, printed_token), where)
    }
    expect(printed_token).not.toBe('')
  })

  async function makeFile(path: string): Promise<string> {
    const file = join(dir, basename(path))
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, noise(1000))
    return file
  }
  async function introduce(gateway_token: string) {
    const headers = { authorization: `GatewayToken ${gateway_token}` }
    const answer = await fetch(`${server.url}/${tenant.tenant_id}/controller/v1/sensor-1`, { headers })
    expect(answer.status).toBe(200)
  }
})
