import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { generateArtifact } from '../../artifacts/generate-artifact.ts'
import { SingleFile, SingleFileArgs } from '../../artifacts/single-file.ts'
import type { Env } from '../../env.ts'
import { invalidField } from '../../errors.ts'
import { discard, type Form, readForm } from '../bodies/form.ts'
import { parseJson } from '../bodies/json-body.ts'
import { created, refusals } from '../document/responses.ts'
import type { Http } from '../http.ts'
import { sendCreated } from '../idempotency/creates.ts'
import { withKey } from '../idempotency/honour-keys.ts'
import { typesOf } from './file-parts.ts'

const Parts = Type.Object(
  {
    name: Type.String({ description: 'Name of the artifact' }),
    description: Type.Optional(Type.String({ description: 'Description of the artifact' })),
    device_types_compatible: Type.String({ description: 'Device types, separated by commas' }),
    type: Type.Literal('single_file', { description: 'What to generate' }),
    args: SingleFileArgs,
    file: Type.String({ format: 'binary', description: 'The file, as the last part; at most 256 MiB' }),
  },
  {
    title: 'ArtifactGeneration',
    description: 'The parts of the form, in this order: parts after the file are ignored',
  },
)

export const artifactLocation = (id: string) => `/api/management/v1/deployments/artifacts/${id}`

/** For a scope without a parser for bodies. */
export function generateRoute(http: Http, env: Env) {
  http.post(
    '/artifacts/generate',
    {
      config: { permission: 'upload', creates: { location: artifactLocation, file_part: 'file' } },
      // The parts are read as they arrive; their schema only documents them.
      validatorCompiler: () => () => true,
      schema: {
        ...{ tags: ['artifacts'], operationId: 'generateArtifact', summary: 'Generate an artifact from a single file' },
        description: 'Devices put the file into `dest_dir`; they need the update module `single-file`.',
        consumes: ['multipart/form-data'],
        body: Parts,
        response: { 201: created('Generated'), ...refusals(422) },
      },
    },
    async (request, reply) => {
      const { raw, actor } = request
      try {
        const form = withKey(env, request, await readForm(raw, 'file'))
        const description = form.fields.get('description') ?? ''
        const { id } = await generateArtifact(env, actor, { plan: readPlan(form), description, file: form.file })
        return sendCreated(reply, id)
      } catch (error) {
        discard(raw)
        throw error
      }
    },
  )
}

function readPlan({ fields, file_name }: Form): SingleFile {
  if (fields.get('type') !== 'single_file') throw invalidField('type', 'must be single_file')
  const args = readArgs(fields.get('args'))
  const plan = {
    name: fields.get('name') ?? '',
    device_types: typesOf(fields.get('device_types_compatible')),
    args: { ...args, filename: args.filename || file_name },
  }
  if (Value.Check(SingleFile, plan)) return plan
  const [first] = Value.Errors(SingleFile, plan)
  const field = (first?.instancePath ?? '').slice(1).replaceAll('/', '.')
  throw invalidField(field, PROBLEMS[field] ?? first?.message ?? 'is not valid')
}

const PROBLEMS: Record<string, string> = {
  name: 'must be a line of 1 to 256 characters',
  device_types: 'give device_types_compatible, device types separated by commas',
  'args.dest_dir': 'must be an absolute path',
  'args.filename': 'must be of letters, digits and ".,_-", and not dest_dir, filename or permissions',
}

function readArgs(text: string | undefined): Record<string, unknown> {
  const args = text ? parseJson(Buffer.from(text)) : undefined
  if (typeof args !== 'object' || args === null || Array.isArray(args))
    throw invalidField('args', 'must be an object in JSON, with dest_dir')
  return args as Record<string, unknown>
}
