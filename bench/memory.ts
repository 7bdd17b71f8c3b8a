import { setTimeout as sleep } from 'node:timers/promises'
import { residentMebibytes, startArtifactServer } from './artifact-server.ts'
import { bigArtifact } from './big-artifact.ts'
import { receive } from './receive.ts'
import { MIB, type Row } from './row.ts'

const SMALL = 512
/** The largest allowed artifact, without its headers. */
const LARGE = 10 * 1024 - 1
const ABORTS = 50

/** Peak memory of the server during transfers of 10 GiB, compared with 0.5 GiB. Needs 10 GiB of disk space. */
export async function benchMemory(): Promise<Row[]> {
  await using server = await startArtifactServer()
  const peakOf = (work: () => Promise<unknown>) => peak(server.pid, work)
  const rows: Row[] = []
  const row = (name: string, measured: number, baseline: number) =>
    rows.push({ name, ratio: measured / baseline, measured, baseline, unit: 'MiB' })
  const paths: string[] = []
  const upload = (mebibytes: number) =>
    peakOf(async () => paths.push(await server.upload(bigArtifact(`${mebibytes}`, mebibytes))))
  const small = await upload(SMALL)
  row('memory at an upload of 10 GiB', await upload(LARGE), small)
  const [small_link = '', large_link = ''] = await Promise.all(paths.map((path) => server.link(path)))
  const small_download = await peakOf(() => receive(small_link))
  row('memory at a download of 10 GiB', await peakOf(() => receive(large_link)), small_download)
  const aborts = () =>
    Promise.all(Array.from({ length: ABORTS }, (_, i) => receive(large_link, { from: i * MIB, stop_after: 8 * MIB })))
  row(
    `memory after ${ABORTS} aborted downloads at once, three times`,
    await peakOf(async () => {
      for (let i = 0; i < 3; i++) await aborts()
      await sleep(1000)
    }),
    small_download,
  )
  for (const path of paths) await server.delete(path)
  return rows
}

async function peak(pid: number, work: () => Promise<unknown>): Promise<number> {
  let highest = 0
  const timer = setInterval(() => {
    highest = Math.max(highest, residentMebibytes(pid))
  }, 50)
  await work().finally(() => clearInterval(timer))
  return Math.max(highest, residentMebibytes(pid))
}
