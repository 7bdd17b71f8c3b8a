import type { Bytes } from './byte-reader.ts'
import { COMPRESSIONS, type Compression } from './decompress.ts'
import { invalidMember, limitExceeded } from './member.ts'
import { readTar, type TarFile } from './tar.ts'

const MAX_MEMBER_SIZE = 1024 * 1024

/** The outer tar of an artifact, whose members have a fixed order. */
export class Archive {
  readonly #files: AsyncGenerator<TarFile>
  #next: Promise<IteratorResult<TarFile>> | undefined

  constructor(source: Bytes) {
    this.#files = readTar(source)
  }

  async take(name: string): Promise<Buffer> {
    const bytes = await this.takeIf(name)
    if (!bytes) throw invalidMember(name, 'it is missing, or not where it belongs')
    return bytes
  }

  async takeIf(name: string): Promise<Buffer | undefined> {
    const file = await this.#peek()
    if (file?.name !== name) return undefined
    this.#next = undefined
    return readWhole(file, MAX_MEMBER_SIZE)
  }

  /** The archive of this name, with the suffix of any supported compression. */
  async takePacked(name: string): Promise<{ file: TarFile; compression: Compression }> {
    const file = await this.#peek()
    const compression = COMPRESSIONS.find((suffix) => file?.name === `${name}.tar${suffix}`)
    if (!file || compression === undefined) throw invalidMember(`${name}.tar`, 'it is missing, or not where it belongs')
    this.#next = undefined
    return { file, compression }
  }

  async isAtEnd(): Promise<boolean> {
    return (await this.#peek()) === undefined
  }

  async requireEnd(): Promise<void> {
    const file = await this.#peek()
    if (file) throw invalidMember(file.name, 'it does not belong there')
  }

  async close(): Promise<void> {
    await this.#files.return(undefined)
  }

  async #peek(): Promise<TarFile | undefined> {
    this.#next ??= this.#files.next()
    const { value } = await this.#next
    return value
  }
}

async function readWhole({ name, size, content }: TarFile, max_size: number): Promise<Buffer> {
  if (size > max_size) throw limitExceeded(name, `larger than ${max_size} bytes`, 'put fewer files into the artifact')
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(chunk)
  return Buffer.concat(chunks)
}
