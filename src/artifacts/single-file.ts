import { type Static, Type } from 'typebox'
import { MAX_NAME_LENGTH } from './header.ts'

// The update module reads each value from a file of one line.
const LINE = '^[^\\u0000-\\u001f\\u007f]+$'
// Clients accept no other characters in a file name; three names belong to the files of the module itself.
const FILE_NAME = '^(?!\\.{1,2}$)(?!(dest_dir|filename|permissions)$)[A-Za-z0-9.,_-]+$'
const Word = (description: string) =>
  Type.Optional(Type.String({ maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]*$', description }))

export const SingleFileArgs = Type.Object(
  {
    dest_dir: Type.String({
      ...{ minLength: 1, maxLength: 4096, pattern: '^/[^\\u0000-\\u001f\\u007f]*$' },
      description: 'Directory on the device, an absolute path',
    }),
    filename: Type.Optional(
      Type.String({
        maxLength: 255,
        pattern: FILE_NAME,
        description: 'Name of the file on the device; by default that of the upload',
      }),
    ),
    software_filesystem: Word('First part of the key that the device then provides; by default `rootfs-image`'),
    software_name: Word('Second part of the key; by default `single-file`'),
    software_version: Word('Value of the key; by default the name of the artifact'),
  },
  { title: 'SingleFileArguments', description: 'Where devices put the file, as a JSON object' },
)

/** An artifact that puts one file into a directory, by the update module `single-file`. */
export const SingleFile = Type.Object({
  name: Type.String({ minLength: 1, maxLength: MAX_NAME_LENGTH, pattern: LINE }),
  device_types: Type.Array(Type.String({ minLength: 1, maxLength: 256, pattern: LINE }), {
    minItems: 1,
    maxItems: 100,
  }),
  args: Type.Object({
    ...SingleFileArgs.properties,
    filename: Type.String({ minLength: 1, maxLength: 255, pattern: FILE_NAME }),
  }),
})
export type SingleFile = Static<typeof SingleFile>

const TYPE = 'single-file'

type Member = { name: string; content: string }

/** The files that instruct the module; the file itself follows them. */
export const instructions = ({ args }: SingleFile): Member[] => [
  { name: 'dest_dir', content: `${args.dest_dir}\n` },
  { name: 'filename', content: `${args.filename}\n` },
  { name: 'permissions', content: '644\n' },
]

/** The members of `header.tar`. */
export function headerOf({ name, device_types, args }: SingleFile): Member[] {
  const software = `${args.software_filesystem || 'rootfs-image'}.${args.software_name || TYPE}`
  const info = {
    payloads: [{ type: TYPE }],
    artifact_provides: { artifact_name: name },
    artifact_depends: { device_type: device_types },
  }
  const type = {
    type: TYPE,
    artifact_provides: { [`${software}.version`]: args.software_version || name },
    clears_artifact_provides: [`${software}.*`],
  }
  return [
    { name: 'header-info', content: JSON.stringify(info) },
    { name: 'headers/0000/type-info', content: JSON.stringify(type) },
  ]
}
