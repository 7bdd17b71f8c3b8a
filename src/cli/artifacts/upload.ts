import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { formatOfName } from '../../artifacts/files/new-file.ts'
import type { UploadFields } from '../../client/operation.ts'
import { ServerError } from '../../client/server-error.ts'
import { bytes } from '../../texts/numbers.ts'
import { optional, several, UsageError, type Values } from '../command.ts'
import { remoteCommand } from '../remote/command.ts'
import { ARTIFACTS } from './paths.ts'

const CHUNK = 1024 * 1024

const text = { type: 'string' } as const

export const uploadCommand = remoteCommand({
  summary: 'Upload an artifact file',
  operands: 'FILE',
  help: `
  --description TEXT    description of the artifact
  --unless-exists       succeed if the release has an artifact for these device types already, whatever is in it
  --name NAME           name of the release; for a file that is no Mender artifact,
                        which devices that speak DDI get as it is: .swu, .raucb, or any other
  --device-type TYPE    with --name: compatible device type; may be given several times
  --version VERSION     with --name: version (default: that in the file, or NAME)
  --part PART           with --name: what the file is a part of (default: bApp)
`,
  options: {
    ...{ description: text, name: text, version: text, part: text },
    'device-type': { type: 'string', multiple: true },
    'unless-exists': { type: 'boolean' },
  },
  async run({ server, values, words: [path = ''] }) {
    const parts = partsOf(values)
    if (parts.name === undefined && formatOfName(path) !== 'file')
      throw new UsageError(`--name is required for ${path}`)
    const size = await sizeOf(path)
    const open = () => ({ name: basename(path), parts, size, content: contentOf(path, size) })
    const uploaded = await server.upload(ARTIFACTS, open).catch((error) => {
      const isThere = error instanceof ServerError && error.code === 'artifact_exists'
      if (values['unless-exists'] && isThere) return undefined
      throw error
    })
    if (!uploaded) return console.log(values.json ? '{}' : 'The artifact exists already.')
    const { id } = uploaded
    console.log(values.json ? JSON.stringify({ id }) : `Artifact ID  ${id}`)
  },
})

function partsOf(values: Values): UploadFields {
  const [name, types] = [optional(values, 'name'), several(values, 'device-type')]
  const [version, part] = [optional(values, 'version'), optional(values, 'part')]
  if (name === undefined && (types.length > 0 || version !== undefined || part !== undefined))
    throw new UsageError('--name is required with --device-type, --version and --part')
  if (name !== undefined && types.length === 0) throw new UsageError('--device-type is required with --name')
  const device_types_compatible = types.length > 0 ? types.join() : undefined
  return { description: optional(values, 'description') ?? '', name, device_types_compatible, version, part }
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(cannotRead(path))
  if (!found.isFile()) throw new Error(`${path} is not a file.`)
  return found.size
}

/** The bytes of the file; shows progress on a terminal. */
async function* contentOf(path: string, size: number): AsyncGenerator<Buffer> {
  let sent = 0
  const show = process.stderr.isTTY ? (text: string) => process.stderr.write(`\r${text}\x1b[K`) : () => {}
  try {
    if (size > 0)
      for await (const chunk of createReadStream(path, { highWaterMark: CHUNK, end: size - 1 })) {
        yield chunk
        sent += chunk.length
        show(`Uploading: ${Math.floor((100 * sent) / size)} % of ${bytes(size)}`)
      }
  } catch (error) {
    cannotRead(path)(error)
  } finally {
    show('')
  }
  if (sent !== size) throw new Error(`${path} was truncated during the upload.`)
}

const cannotRead =
  (path: string) =>
  (error: unknown): never => {
    const { code, message } = error as NodeJS.ErrnoException
    throw new Error(code === 'ENOENT' ? `There is no file ${path}.` : `${path} cannot be read: ${message}.`)
  }
