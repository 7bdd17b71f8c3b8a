import type { Bytes } from './byte-reader.ts'
import { COMPRESSIONS, type Compression } from './decompress.ts'
import { invalidMember, tooMuch } from './member.ts'
import { readTar, type TarFile } from './tar.ts'

const LARGEST_MEMBER = 1024 * 1024

/** The outer tar, whose members have one order. */
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
    return readWhole(file, LARGEST_MEMBER)
  }

  /** The archive called so, with any suffix of a compression. */
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

async function readWhole({ name, size, content }: TarFile, most: number): Promise<Buffer> {
  if (size > most) throw tooMuch(name, `larger than ${most} bytes`, 'put fewer files into the artifact')
  const pieces: Uint8Array[] = []
  for await (const piece of content) pieces.push(piece)
  return Buffer.concat(pieces)
}
