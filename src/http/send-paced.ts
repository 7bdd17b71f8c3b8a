import { Readable } from 'node:stream'
import type { StoredFile } from '../artifacts/open-file.ts'
import { openPace, type Pace } from '../deployments/pacing/open-pace.ts'
import type { Env } from '../env.ts'
import type { Range } from './range.ts'
import { type Sending, sendFile } from './send-file.ts'

type PacedSending = Sending & { file: StoredFile }

/** As `sendFile`, not faster than the limits of the tenant allow. */
export async function sendPaced(env: Env, sending: PacedSending, download: { tenant_id: string; key: string }) {
  const { request, reply, file } = sending
  const pace = request.method === 'HEAD' ? undefined : openPace(env, { ...download, limits: file.download_limits })
  if (!pace) return sendFile(sending)
  reply.raw.once('close', () => pace.end())
  return sendFile({ ...sending, file: { ...file, read: async (range: Range) => paced(await file.read(range), pace) } })
}

function paced(content: Readable, pace: Pace): Readable {
  const stop = new AbortController()
  async function* slices() {
    for await (const chunk of content as AsyncIterable<Buffer>)
      for (let at = 0; at < chunk.length; ) {
        const slice = chunk.subarray(at, at + pace.size())
        await pace.wait(slice.length, stop.signal)
        yield slice
        at += slice.length
      }
  }
  const body = Readable.from(slices(), { objectMode: false })
  // Destroyed while it waits, the generator ends at once.
  body.once('close', () => {
    stop.abort()
    content.destroy()
  })
  return body
}
