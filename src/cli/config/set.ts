import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import type { Configuration } from '../../client/api.ts'
import { optional, several, UsageError, type Values } from '../command.ts'
import { remoteCommand } from '../remote/command.ts'
import { printable } from '../remote/print.ts'
import { deployConfiguration } from './deploy.ts'
import { CONFIGURATION } from './paths.ts'

export const setCommand = remoteCommand({
  summary: 'Set what a device is to be configured with',
  operands: 'ID [KEY=VALUE...]',
  help: `
  --remove KEY          removes a key; may be given several times
  --file FILE           replaces all keys by those of a JSON object; - reads standard input
  --deploy              deploys the configuration, too

ID is that of the device. Keys that are not named stay as they are.
`,
  options: {
    ...{ remove: { type: 'string', multiple: true }, file: { type: 'string' } },
    deploy: { type: 'boolean' },
  },
  async run({ server, values, words: [id = '', ...words] }) {
    const change = readChange(values, words)
    const path = { device: id }
    const { body, headers } = await server.get(CONFIGURATION, { path })
    const configured = await changed(body.configured, change)
    // Of two users who change it at the same time, one is refused.
    await server.put(CONFIGURATION, { path, body: configured, if_match: headers.etag ?? '*' })
    const deployment_id = values.deploy ? await deployConfiguration(server, id) : undefined
    print(values, { id, configured, deployment_id })
  },
})

type Change = { set: [key: string, value: string][]; remove: string[]; file: string | undefined }

function readChange(values: Values, words: readonly string[]): Change {
  const change = { set: words.map(pairIn), remove: several(values, 'remove'), file: optional(values, 'file') }
  if (change.file !== undefined && change.set.length + change.remove.length > 0)
    throw new UsageError('Give either --file or keys')
  if (change.file === undefined && change.set.length + change.remove.length === 0)
    throw new UsageError('Give keys as KEY=VALUE, --remove KEY, or --file FILE')
  return change
}

function pairIn(word: string): [key: string, value: string] {
  const at = word.indexOf('=')
  if (at < 1) throw new UsageError(`${printable(word)} is not KEY=VALUE`)
  return [word.slice(0, at), word.slice(at + 1)]
}

async function changed(configured: Configuration, { set, remove, file }: Change): Promise<Configuration> {
  if (file !== undefined) return readJson(file)
  const kept = Object.entries(configured).filter(([key]) => !remove.includes(key))
  return Object.fromEntries([...kept, ...set])
}

/** Whether the keys and values are right, the server decides. */
async function readJson(file: string): Promise<Configuration> {
  const content = file === '-' ? await text(process.stdin) : await readFile(file, 'utf8').catch(cannotRead(file))
  try {
    return JSON.parse(content)
  } catch (error) {
    throw new UsageError(`${file === '-' ? 'Standard input' : file} is not JSON: ${(error as Error).message}`)
  }
}

const cannotRead = (file: string) => (error: Error) => {
  throw new Error(`Cannot read ${file}: ${error.message}`)
}

type Done = { id: string; configured: Configuration; deployment_id: string | undefined }

function print({ json }: Values, { id, configured, deployment_id }: Done) {
  if (json) return console.log(JSON.stringify({ id, configured, ...(deployment_id && { deployment_id }) }))
  console.log(printable(`${id} configured`))
  if (deployment_id) console.log(`Deployment ID  ${deployment_id}`)
}
