import { Type } from 'typebox'
import { BoundedLog } from '../../deployments/bounded-log.ts'
import { DeviceLog } from '../../deployments/device-log.ts'
import { saveLog } from '../../deployments/reports/save-log.ts'
import { bodyTooLarge } from '../../errors.ts'
import { parseJson } from '../bodies/json-body.ts'
import { nothing, refusals } from '../document/responses.ts'
import type { Http, Routes } from '../http.ts'

/** In a scope of its own with its own parser, which reads the messages that are complete. */
export const logRoutes: Routes = (http, env) => {
  http.register(async (scope) => {
    scope.removeContentTypeParser('application/json')
    scope.addContentTypeParser('application/json', (_request: unknown, payload: AsyncIterable<Buffer>) =>
      readLog(payload),
    )
    ;(scope as unknown as Http).put(
      '/device/deployments/:id/log',
      {
        schema: {
          ...{ tags: ['device API'], operationId: 'sendLog', summary: 'Send the log of an attempt' },
          description: 'Replaces an earlier log. Of a body that is cut off, the complete messages are stored.',
          params: Type.Object({ id: Type.String({ description: 'ID of the deployment' }) }),
          body: DeviceLog,
          response: { 204: nothing(), ...refusals(404) },
        },
      },
      async ({ device, params, body }, reply) => {
        await saveLog(env, device, params.id, body)
        return reply.code(204).send()
      },
    )
  })
}

/** A body without any message is rejected with its parse error, if it is no larger than this. */
const LARGEST_WITHOUT = 1024 * 1024

async function readLog(payload: AsyncIterable<Buffer>): Promise<unknown> {
  const log = new BoundedLog()
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of payload) {
      log.push(chunk)
      size += chunk.length
      if (size <= LARGEST_WITHOUT) chunks.push(chunk)
    }
  } catch (error) {
    // The client closed the connection before the end.
    if (log.messages().length === 0) throw error
  }
  const messages = log.messages()
  if (messages.length > 0) return { messages }
  if (size > LARGEST_WITHOUT) throw bodyTooLarge()
  return parseJson(Buffer.concat(chunks), { lenient: true })
}
