import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { bytes } from '../../texts/numbers.ts'
import { optional } from '../command.ts'
import { remoteCommand } from '../remote/command.ts'
import { idOf } from '../remote/server.ts'
import { ARTIFACTS } from './paths.ts'

const CHUNK = 1024 * 1024

export const uploadCommand = remoteCommand({
  summary: 'Upload an artifact file',
  operands: 'FILE',
  help: `
  --description TEXT    description of the artifact
`,
  options: { description: { type: 'string' } },
  async run({ server, values, words: [path = ''] }) {
    const size = await sizeOf(path)
    const response = await server.upload(ARTIFACTS, {
      ...{ name: basename(path), description: optional(values, 'description'), size, content: contentOf(path, size) },
    })
    const id = idOf(response)
    console.log(values.json ? JSON.stringify({ id }) : `Artifact ID  ${id}`)
  },
})

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
