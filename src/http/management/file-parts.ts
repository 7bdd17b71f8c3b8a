import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { DEFAULT_PART, formatOfName, isMenderName, NewFile } from '../../artifacts/files/new-file.ts'
import { nameOfFileMissing } from '../../ddi-errors.ts'
import { invalidField } from '../../errors.ts'
import type { Form } from '../bodies/form.ts'

/** The parts of an upload that a file needs which is no Mender artifact. */
export const FileParts = {
  name: Type.Optional(
    Type.String({
      description:
        'Name of the release for a file that is no Mender artifact and is kept as it is, for devices that speak DDI; ' +
        'a Mender artifact has a name of its own',
    }),
  ),
  device_types_compatible: Type.Optional(
    Type.String({ description: 'With `name`, required: device types, separated by commas' }),
  ),
  version: Type.Optional(
    Type.String({ description: 'With `name`: version of the software; absent: that in the file, or else the name' }),
  ),
  part: Type.Optional(
    Type.String({ description: `With \`name\`: what the file is a part of; absent: ${DEFAULT_PART}` }),
  ),
}

/** The file that a form uploads to be kept as it is; undefined for a Mender artifact. */
export function readNewFile({ fields, file_name }: Form): NewFile | undefined {
  const name = fields.get('name')
  if (name === undefined) {
    const isFile =
      formatOfName(file_name) !== 'file' || (fields.has('device_types_compatible') && !isMenderName(file_name))
    if (isFile) throw nameOfFileMissing()
    return undefined
  }
  const version = fields.get('version')
  const plan = {
    ...{ name, file_name, part: fields.get('part') || DEFAULT_PART },
    ...(version && { version }),
    device_types: typesOf(fields.get('device_types_compatible')),
  }
  if (Value.Check(NewFile, plan)) return plan
  const [first] = Value.Errors(NewFile, plan)
  const [field = ''] = (first?.instancePath ?? '').slice(1).split('/')
  throw invalidField(field === 'device_types' ? 'device_types_compatible' : field, PROBLEMS[field] ?? 'is not valid')
}

/** Device types as a form has them. */
export const typesOf = (text: string | undefined): string[] => [
  ...new Set((text ?? '').split(',').flatMap((type) => type.trim() || [])),
]

const PROBLEMS: Record<string, string> = {
  name: 'must be a line of 1 to 256 characters',
  device_types: 'give 1 to 100 device types separated by commas, each a line of at most 256 characters',
  version: 'must be a line of at most 256 characters',
  part: 'must be a line of at most 256 characters',
}
