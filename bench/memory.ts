import { setTimeout as sleep } from 'node:timers/promises'
import { residentMebibytes, startArtifactServer } from './artifact-server.ts'
import { bigArtifact } from './big-artifact.ts'
import { receive } from './receive.ts'
import { MIB, type Row } from './row.ts'

const SMALL = 512
/** As large as an artifact may be, but for its headers. */
const LARGE = 10 * 1024 - 1
const ABORTS = 50

/** The most memory the server holds while it takes in and sends 10 GiB, against half a GiB. Needs 10 GiB of disk for a while. */
export async function benchMemory(): Promise<Row[]> {
  await using server = await startArtifactServer()
  const most = (work: () => Promise<unknown>) => peak(server.pid, work)
  const rows: Row[] = []
  const row = (name: string, measured: number, baseline: number) =>
    rows.push({ name, ratio: measured / baseline, measured, baseline, unit: 'MiB' })
  const paths: string[] = []
  const upload = (mebibytes: number) =>
    most(async () => paths.push(await server.upload(bigArtifact(`${mebibytes}`, mebibytes))))
  const small = await upload(SMALL)
  row('memory at an upload of 10 GiB', await upload(LARGE), small)
  const [small_link = '', large_link = ''] = await Promise.all(paths.map((path) => server.link(path)))
  const sending = await most(() => receive(small_link))
  row('memory at a download of 10 GiB', await most(() => receive(large_link)), sending)
  const aborts = () =>
    Promise.all(Array.from({ length: ABORTS }, (_, i) => receive(large_link, { from: i * MIB, stop_after: 8 * MIB })))
  row(
    `memory after ${ABORTS} aborted downloads at once, three times`,
    await most(async () => {
      for (let i = 0; i < 3; i++) await aborts()
      await sleep(1000)
    }),
    sending,
  )
  for (const path of paths) await server.delete(path)
  return rows
}

async function peak(pid: number, work: () => Promise<unknown>): Promise<number> {
  let most = 0
  const timer = setInterval(() => {
    most = Math.max(most, residentMebibytes(pid))
  }, 50)
  await work().finally(() => clearInterval(timer))
  return Math.max(most, residentMebibytes(pid))
}
