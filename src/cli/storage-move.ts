import { type MoveProgress, moveArtifacts } from '../artifacts/move-artifacts.ts'
import { openStores } from '../blobs/open-blobs.ts'
import { ConfigError } from '../config.ts'
import { bytes } from '../texts/numbers.ts'
import { type Command, required, UsageError, withEnv } from './command.ts'

export const storageMoveCommand: Command = {
  summary: 'Move artifacts between the disk and S3',
  help: `
  --to DESTINATION      s3 or disk

First start the server with its MUSTER_S3_ settings: it then reads from both, and this command can run beside it. Each
file is compared with its copy before it is deleted from the disk. If the command is interrupted, run it again.

Moving to the disk does not change the bucket, because devices may still have links to it. Afterwards, start the server
without these settings, run the command again for artifacts that were uploaded in the meantime, and empty the bucket a
day later.`,
  options: { to: { type: 'string' } },
  async run(values) {
    const to = required(values, 'to')
    if (to !== 's3' && to !== 'disk') throw new UsageError('--to must be s3 or disk')
    const { moved, there, problems } = await withEnv(async (env) => {
      const { disk, s3 } = await openStores(env.config)
      if (!s3) throw new ConfigError(['MUSTER_S3_BUCKET: required, with its related settings'])
      const stores = to === 's3' ? { from: disk, to: s3, keep: false } : { from: s3, to: disk, keep: true }
      return moveArtifacts(env, { ...stores, onProgress: progressPrinter() })
    })
    for (const problem of problems) console.error(problem)
    console.log(`${moved} moved, ${there} already there${problems.length > 0 ? `, ${problems.length} failed` : ''}.`)
    return problems.length > 0 ? 1 : 0
  },
}

const LOG_INTERVAL_MS = 5000

/** On a terminal, one line that is redrawn; elsewhere, a line every few seconds. */
function progressPrinter(): (progress: MoveProgress) => void {
  let printed_at = Date.now()
  return ({ artifacts, of, size, of_size }) => {
    const line = `${artifacts} of ${of} artifacts, ${bytes(size)} of ${bytes(of_size)}`
    if (process.stderr.isTTY) process.stderr.write(`\r${line}\x1b[K${artifacts === of ? '\n' : ''}`)
    else if (artifacts === of || Date.now() - printed_at > LOG_INTERVAL_MS) {
      printed_at = Date.now()
      console.error(line)
    }
  }
}
