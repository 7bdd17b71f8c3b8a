import type { StoredBytes } from '../stored-bytes.ts'
import { readMessage } from './cms.ts'
import { type Facts, known, lineOf, linesOf } from './facts.ts'
import { parseKeyFile } from './key-file.ts'

const SQUASHFS = 'hsqs'
/** Of the number at the end, which is the size of the signature before it. */
const NUMBER_SIZE = 8
const MAX_SIGNATURE_SIZE = 512 * 1024

/**
 * Reads a bundle of RAUC, a file system that a signature follows; undefined if it is something else. The signature holds
 * the manifest, unless the format is `plain` or the bundle is encrypted.
 */
export async function readRaucb(file: StoredBytes, name: string): Promise<Facts | undefined> {
  const magic = (await file.read(0, SQUASHFS.length)).toString('latin1')
  // In the format `crypt` the file system is encrypted.
  if (magic !== SQUASHFS && !/\.raucb$/i.test(name)) return undefined
  const signature = await readSignature(file)
  const message = signature && readMessage(signature)
  if (!message) return undefined
  const facts = { format: 'raucb', signed: true } as const
  if (message.type === 'enveloped') return { ...facts, details: { format: 'crypt' } }
  return { ...facts, ...(message.content ? readManifest(message.content) : { details: { format: 'plain' } }) }
}

async function readSignature(file: StoredBytes): Promise<Buffer | undefined> {
  if (file.size <= NUMBER_SIZE) return undefined
  const number = await file.read(file.size - NUMBER_SIZE, NUMBER_SIZE)
  const size = Number(number.readBigUInt64BE())
  const start = file.size - NUMBER_SIZE - size
  return size > 0 && size <= MAX_SIGNATURE_SIZE && start >= 0 ? file.read(start, size) : undefined
}

function readManifest(bytes: Buffer): Pick<Facts, 'version' | 'details'> {
  const groups = parseKeyFile(bytes.toString())
  const value = (group: string, key: string) => groups.get(group)?.get(key)
  const images = [...groups].filter(([group]) => group.startsWith('image.'))
  const slots = images.map(([group, image]) =>
    known({ slot: lineOf(group.slice('image.'.length)), filename: lineOf(image.get('filename')) }),
  )
  return {
    version: lineOf(value('update', 'version')),
    details: known({
      format: lineOf(value('bundle', 'format')) ?? 'plain',
      compatible: lineOf(value('update', 'compatible')),
      description: lineOf(value('update', 'description'), 4096),
      build: lineOf(value('update', 'build')),
      images: linesOf(images.map(([, image]) => image.get('filename'))),
      slots: slots.length > 0 ? slots.slice(0, 100) : undefined,
      scripts: linesOf([value('hooks', 'filename'), value('handler', 'filename')]),
    }),
  }
}
