import { claims } from './claims.ts'
import { benchCreate } from './create.ts'
import { benchDownload } from './download.ts'
import { filters } from './filters.ts'
import { inventory } from './inventory.ts'
import type { Stand } from './kit/stand.ts'
import { benchLists } from './lists.ts'
import { benchMemory } from './memory.ts'
import { overload } from './overload.ts'
import { poll } from './poll.ts'
import { pollMillion } from './poll-million.ts'
import { benchPreview } from './preview.ts'
import { benchReplica } from './replica.ts'
import type { Row } from './row.ts'
import { status } from './status.ts'
import { sustained } from './sustained.ts'
import { benchUpload } from './upload.ts'

/** One thing measured: on a stand of its own, answering Markdown; or by itself, answering rows of a table. */
export type Bench = {
  summary: string
  /** Run only when it is named. */
  long?: boolean
} & ({ run(stand: Stand): Promise<string> } | { rows(): Promise<Row[]> })

export const BENCHES: Readonly<Record<string, Bench>> = {
  poll,
  status,
  inventory,
  claims,
  filters,
  overload,
  'poll-million': pollMillion,
  sustained,
  upload: { summary: 'Uploads against hashing the same bytes', rows: benchUpload },
  download: { summary: 'Downloads against nginx', rows: benchDownload },
  memory: { summary: 'Memory while 10 GiB go in and out', rows: benchMemory, long: true },
  create: { summary: 'Creating deployments for parts of 1,000,000 devices', rows: benchCreate, long: true },
  preview: { summary: 'Previews for parts of 1,000,000 devices', rows: benchPreview, long: true },
  replica: { summary: 'Lists with a replica, against the same without', rows: benchReplica, long: true },
  lists: { summary: 'Lists of 1,000,000 devices', rows: benchLists, long: true },
}
