import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { openFile } from '../../artifacts/open-file.ts'
import { describeAction } from '../../ddi/actions/describe-action.ts'
import { noteDownload } from '../../ddi/actions/note-download.ts'
import { findRateKey } from '../../deployments/pacing/find-rate-key.ts'
import { addressNotFound } from '../../errors.ts'
import { nothing, ofType, refusals, withHeaders } from '../document/responses.ts'
import type { Routes } from '../http.ts'
import { sendPaced } from '../send-paced.ts'
import { artifactAnswer, HAL } from './answers.ts'
import { ROOT } from './fast-path.ts'
import { deviceUrl } from './identify.ts'
import { ActionParams, DdiArtifact, hal, readActionId, tags } from './schemas.ts'

const FileParams = Type.Object({
  ...ActionParams.properties,
  file: Type.String({ description: 'Name of the file; any, or with `.MD5SUM` at its end for the checksum' }),
})
const FILE_HEADERS = ['etag', 'content-disposition', 'content-length', 'accept-ranges'] as const
const OCTETS = 'application/octet-stream'
const CHECKSUM = 'text/plain'
const MD5SUM = '.MD5SUM'

/** Whether the client reads on to the end of the file. RAUC, when it streams, reads the end first, as a range of its own. */
const isToEnd = (range: string | undefined): boolean => range === undefined || /^bytes=\d+-$/.test(range)

/** The server sends the files itself, also from S3: some clients follow no redirection, or keep no long URL. */
export const ddiDownloadRoutes: Routes = (http, env) => {
  const describe = ({ controller, params }: FastifyRequest) =>
    describeAction(env, controller, {
      action_id: readActionId((params as { id: string }).id),
      ...{ state: 'active', history: 0 },
    })
  const note = (request: FastifyRequest, noted: Promise<void>) =>
    noted.catch((error) => request.log.warn({ err: error }, 'could not record the download of a device'))

  http.get(
    `${ROOT}/softwaremodules/:id/artifacts`,
    {
      schema: {
        ...{ tags, operationId: 'listDdiArtifacts', summary: 'List the files of an update', params: ActionParams },
        response: { 200: hal(Type.Array(DdiArtifact, { description: 'One file' })), ...refusals(404) },
      },
    },
    async (request, reply) => {
      const artifact = artifactAnswer(deviceUrl(env, request), await describe(request))
      reply.header('content-type', HAL)
      return reply.send([artifact])
    },
  )

  http.route({
    method: ['HEAD', 'GET'],
    url: `${ROOT}/softwaremodules/:id/artifacts/:file`,
    schema: {
      ...{ tags, operationId: 'getDdiFile', summary: 'Download the file of an update', params: FileParams },
      response: {
        200: ofType<Buffer>(
          [OCTETS, CHECKSUM],
          'The whole file, or its checksum without these headers',
          ...FILE_HEADERS,
        ),
        206: ofType<Buffer>(
          [OCTETS, 'multipart/byteranges'],
          'The requested ranges: one as it is, several as the parts of a body',
          ...[...FILE_HEADERS, 'content-range' as const],
        ),
        ...refusals(404),
        416: withHeaders(refusals(416)[416] ?? nothing(), 'content-range'),
      },
    },
    handler: async (request, reply) => {
      const { action, artifact } = await describe(request)
      const [{ name, md5 } = { name: '', md5: undefined }] = artifact.updates[0]?.files ?? []
      if (request.params.file.endsWith(MD5SUM)) {
        if (!md5) throw addressNotFound()
        return reply.type(CHECKSUM).send(Buffer.from(`${md5}  ${name}`))
      }
      const { tenant_id, device_id } = request.controller.device
      const file = await openFile(env, { tenant_id, id: artifact.id })
      if (request.method === 'GET') await note(request, noteDownload(env, action, { is_complete: false }))
      const onSent = ({ end }: { end: number }) => {
        if (end === file.size - 1 && isToEnd(request.headers.range))
          void note(request, noteDownload(env, action, { is_complete: true }))
      }
      const { method, headers } = request
      const key = method === 'HEAD' ? '' : await findRateKey(env, { tenant_id, device_id }, file.download_limits)
      return sendPaced(env, { request: { method, headers }, reply, file, onSent }, { tenant_id, key })
    },
  })
}
