import { invalidArtifact } from '../errors.ts'
import { decodeText } from './member.ts'

const MOST_LINES = 10_000

/** The checksums an artifact promises: each must be met by one file, and each file must meet one. */
export class Manifest {
  readonly #promised = new Map<string, string>()

  /** Takes the promises of `manifest`, or of the unsigned one beside it. */
  add(name: string, bytes: Buffer) {
    const lines = decodeText(name, bytes).split('\n')
    if (lines.at(-1) === '') lines.pop()
    if (lines.length > MOST_LINES) throw invalid(`it has more than ${MOST_LINES} lines: pack files into an archive`)
    for (const line of lines) {
      const [, checksum, path] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? []
      if (!checksum || !path) throw invalid('a line is not a checksum, two spaces and a path')
      if (this.#promised.has(path)) throw invalid(`it names ${path} twice`)
      this.#promised.set(path, checksum)
    }
  }

  meet(path: string, checksum: string) {
    const promised = this.#promised.get(path)
    if (promised === undefined) throw invalid(`it does not name ${path}, or ${path} is there twice`)
    if (promised !== checksum) throw invalid(`invalid checksum: ${path} is damaged`)
    this.#promised.delete(path)
  }

  requireMet() {
    const [missing] = this.#promised.keys()
    if (missing !== undefined) throw invalid(`${missing} is missing`)
  }
}

const invalid = (problem: string) => invalidArtifact(`manifest: ${problem}`)
