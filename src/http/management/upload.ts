import { Type } from 'typebox'
import { menderReader } from '../../artifacts/read-artifact.ts'
import { uploadArtifact } from '../../artifacts/upload-artifact.ts'
import { uploadFile } from '../../artifacts/upload-file.ts'
import type { Actor } from '../../auth/actor.ts'
import { isUuid } from '../../auth/stored-id.ts'
import type { Env } from '../../env.ts'
import { badRequest } from '../../errors.ts'
import { discard, type Form, readForm } from '../bodies/form.ts'
import { created, refusals } from '../document/responses.ts'
import type { Http, Routes } from '../http.ts'
import { sendCreated } from '../idempotency/creates.ts'
import { withKey } from '../idempotency/honour-keys.ts'
import { FileParts, readNewFile } from './file-parts.ts'
import { artifactLocation, generateRoute } from './generate.ts'

const Parts = Type.Object(
  {
    size: Type.Optional(Type.Integer({ description: 'Size of the file in bytes; if given, the file must have it' })),
    description: Type.Optional(Type.String({ description: 'Description of the artifact' })),
    artifact_id: Type.Optional(Type.String({ format: 'uuid', description: 'ID for the artifact; absent: a new one' })),
    ...FileParts,
    artifact: Type.String({ format: 'binary', description: 'The file, as the last part' }),
  },
  { title: 'ArtifactUpload', description: 'The parts of the form, in this order: parts after the file are ignored' },
)

/** In a scope of its own without a parser for bodies: the handler reads them as they arrive. */
export const uploadRoutes: Routes = (http, env) => {
  http.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
    generateRoute(scope as unknown as Http, env)
    ;(scope as unknown as Http).post(
      '/artifacts',
      {
        config: { permission: 'upload', creates: { location: artifactLocation, file_part: 'artifact' } },
        // The parts are read as they arrive; their schema only documents them.
        validatorCompiler: () => () => true,
        schema: {
          ...{ tags: ['artifacts'], operationId: 'uploadArtifact', summary: 'Upload an artifact' },
          description:
            'A Mender artifact (`.mender`), or with `name` any other file, such as an image of SWUpdate (`.swu`) or a ' +
            'bundle of RAUC (`.raucb`): devices that speak DDI receive it as it is.',
          consumes: ['multipart/form-data'],
          body: Parts,
          response: { 201: created('Uploaded'), ...refusals(409, 422) },
        },
      },
      async (request, reply) => {
        const { raw, actor } = request
        try {
          const { id } = await upload(env, actor, withKey(env, request, await readForm(raw, 'artifact')))
          return sendCreated(reply, id)
        } catch (error) {
          discard(raw)
          throw error
        }
      },
    )
  })
}

function upload(env: Env, actor: Actor, form: Form): Promise<{ id: string }> {
  const artifact = { file: form.file, ...readFields(form.fields) }
  const plan = readNewFile(form)
  return plan
    ? uploadFile(env, actor, { ...artifact, plan })
    : uploadArtifact(env, actor, { ...artifact, read: menderReader })
}

function readFields(fields: ReadonlyMap<string, string>): { description: string; size?: number; id?: string } {
  const description = fields.get('description') ?? ''
  const size = fields.get('size')
  const id = fields.get('artifact_id')?.toLowerCase()
  if (size && !/^\d{1,15}$/.test(size)) throw badRequest('size: must be the number of bytes of the file')
  if (id && !isUuid(id)) throw badRequest('artifact_id is not a valid UUID')
  return { description, ...(size && { size: Number(size) }), ...(id && { id }) }
}
