import { benchCitus } from './citus.ts'
import { claims } from './claims.ts'
import { benchCreate } from './create.ts'
import { ddi, ddiLarge } from './ddi.ts'
import { benchDownload } from './download.ts'
import { exports } from './exports.ts'
import { filters } from './filters.ts'
import { inventory } from './inventory.ts'
import type { Testbed } from './kit/testbed.ts'
import { listed } from './listed.ts'
import { benchLists } from './lists.ts'
import { benchMemory } from './memory.ts'
import { overload } from './overload.ts'
import { policies } from './policies.ts'
import { poll } from './poll.ts'
import { pollMillion } from './poll-million.ts'
import { benchPreview } from './preview.ts'
import { benchReplica } from './replica.ts'
import type { Row } from './row.ts'
import { status } from './status.ts'
import { sustained, sustainedLarge } from './sustained.ts'
import { tls } from './tls.ts'
import { benchUpload } from './upload.ts'

/** One benchmark: on a testbed, returning Markdown, or with a setup of its own, returning rows of a table. */
export type Bench = {
  summary: string
  /** Runs only if it is named on the command line. */
  long?: boolean
} & ({ run(testbed: Testbed): Promise<string> } | { rows(): Promise<Row[]> })

export const BENCHES: Readonly<Record<string, Bench>> = {
  poll,
  ddi,
  status,
  inventory,
  claims,
  listed,
  policies,
  filters,
  overload,
  exports,
  'poll-million': pollMillion,
  'ddi-large': ddiLarge,
  sustained,
  'sustained-large': sustainedLarge,
  tls,
  upload: { summary: 'Uploads, compared with hashing the same bytes', rows: benchUpload },
  download: { summary: 'Downloads, compared with nginx', rows: benchDownload },
  memory: { summary: 'Memory during uploads and downloads of 10 GiB', rows: benchMemory, long: true },
  create: { summary: 'Creation of deployments for subsets of 1,000,000 devices', rows: benchCreate, long: true },
  preview: { summary: 'Previews for subsets of 1,000,000 devices', rows: benchPreview, long: true },
  replica: { summary: 'Lists with and without a replica', rows: benchReplica, long: true },
  citus: { summary: 'A cluster, compared with one PostgreSQL', rows: benchCitus, long: true },
  lists: { summary: 'Lists of 1,000,000 devices', rows: benchLists, long: true },
}
