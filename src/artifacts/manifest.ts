import { invalidArtifact } from '../errors.ts'
import { decodeText } from './member.ts'

const MAX_LINES = 10_000

/** The checksums that an artifact lists: one for each file, and a file for each. */
export class Manifest {
  /** By path; removed when the file has been checked. */
  readonly #checksums = new Map<string, string>()

  /** Adds the checksums of `manifest`, or of the unsigned `manifest-augment`. */
  add(name: string, bytes: Buffer) {
    const lines = decodeText(name, bytes).split('\n')
    if (lines.at(-1) === '') lines.pop()
    if (lines.length > MAX_LINES) throw invalid(`it has more than ${MAX_LINES} lines: pack files into an archive`)
    for (const line of lines) {
      const [, checksum, path] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? []
      if (!checksum || !path) throw invalid('a line is not a checksum, two spaces and a path')
      if (this.#checksums.has(path)) throw invalid(`it names ${path} twice`)
      this.#checksums.set(path, checksum)
    }
  }

  check(path: string, checksum: string) {
    const listed = this.#checksums.get(path)
    if (listed === undefined) throw invalid(`it does not name ${path}, or ${path} is there twice`)
    if (listed !== checksum) throw invalid(`invalid checksum: ${path} is damaged`)
    this.#checksums.delete(path)
  }

  requireAllChecked() {
    const [missing] = this.#checksums.keys()
    if (missing !== undefined) throw invalid(`${missing} is missing`)
  }
}

const invalid = (problem: string) => invalidArtifact(`manifest: ${problem}`)
