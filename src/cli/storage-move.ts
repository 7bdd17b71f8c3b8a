import { type MoveProgress, moveArtifacts } from '../artifacts/move-artifacts.ts'
import { openStores } from '../blobs/open-blobs.ts'
import { ConfigError } from '../config.ts'
import { bytes } from '../texts/numbers.ts'
import { type Command, required, UsageError, withEnv } from './command.ts'

export const storageMoveCommand: Command = {
  summary: 'Move the artifacts between the disk and S3',
  help: `
  --to PLACE           s3 or disk

Start the server with its MUSTER_S3_ settings first: from then on it reads from both, and this command can run beside it.
Each file is compared with its copy before it is deleted from the disk. Interrupted, run it again. Moving to the disk leaves the
bucket as it is, because links to it were handed out: start the server without these settings afterwards, run the command again
for what came meanwhile, and empty the bucket a day later.`,
  options: { to: { type: 'string' } },
  async run(values) {
    const to = required(values, 'to')
    if (to !== 's3' && to !== 'disk') throw new UsageError('--to must be s3 or disk')
    const { moved, there, problems } = await withEnv(async (env) => {
      const { disk, s3 } = await openStores(env.config)
      if (!s3) throw new ConfigError(['MUSTER_S3_BUCKET: needed, with what belongs to it, to know the bucket'])
      const places = to === 's3' ? { from: disk, to: s3, keep: false } : { from: s3, to: disk, keep: true }
      return moveArtifacts(env, { ...places, onProgress: progressTeller() })
    })
    for (const problem of problems) console.error(problem)
    console.log(
      `${moved} moved, ${there} were there already${problems.length > 0 ? `, ${problems.length} failed` : ''}.`,
    )
    return problems.length > 0 ? 1 : 0
  },
}

const TELL_EVERY_MS = 5000

/** A line that changes where somebody watches, else one every few seconds. */
function progressTeller(): (progress: MoveProgress) => void {
  let told = Date.now()
  return ({ artifacts, of, size, of_size }) => {
    const line = `${artifacts} of ${of} artifacts, ${bytes(size)} of ${bytes(of_size)}`
    if (process.stderr.isTTY) process.stderr.write(`\r${line}\x1b[K${artifacts === of ? '\n' : ''}`)
    else if (artifacts === of || Date.now() - told > TELL_EVERY_MS) {
      told = Date.now()
      console.error(line)
    }
  }
}
