import { type Static, type TSchema, Type } from 'typebox'
import { actionNotFound } from '../../ddi-errors.ts'

export const tags = ['device API (DDI)']

export const Params = {
  tenant: Type.String({ description: 'ID or name of the tenant, in any case; `DEFAULT`: the default tenant' }),
  controllerId: Type.String({ description: 'ID of the device' }),
}
export const ActionParams = Type.Object({ ...Params, id: Type.String({ description: 'Number of the action' }) })

const MAX_ACTION_ID = 2 ** 31 - 1

/** A device is sent numbers of its actions only: any other text names none. */
export function readActionId(text: string): number {
  const id = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : 0
  if (id === 0 || id > MAX_ACTION_ID) throw actionNotFound()
  return id
}

/** The schema of a response as the original sends it, by its content type. */
export const hal = <Schema extends TSchema>(schema: Schema) =>
  Type.Unsafe<Static<Schema>>({ description: 'OK', content: { 'application/hal+json': { schema } } })

const Link = (description: string) =>
  Type.Optional(Type.Object({ href: Type.String({ description: 'The URL' }) }, { description }))

export const RootResource = Type.Object(
  {
    config: Type.Object(
      {
        polling: Type.Object(
          { sleep: Type.String({ description: 'Time until the next poll, as `HH:MM:SS`' }) },
          { description: 'When to poll' },
        ),
      },
      { description: 'Settings of the device' },
    ),
    _links: Type.Object(
      {
        deploymentBase: Link('An update to install; never together with `cancelAction`'),
        cancelAction: Link('An update to cancel'),
        configData: Link('Where to send the attributes of the device'),
      },
      { description: 'What to do' },
    ),
  },
  { title: 'DdiRootResource', description: 'What a device is to do, and when it polls next' },
)

const Download = Type.Object(
  { href: Type.String({ description: 'The URL' }) },
  { title: 'DdiDownload', description: 'Where the file is' },
)
export const DdiArtifact = Type.Object(
  {
    filename: Type.String({ description: 'Name of the file' }),
    hashes: Type.Object(
      {
        sha1: Type.String({ description: 'SHA-1, hexadecimal' }),
        md5: Type.String({ description: 'MD5, hexadecimal' }),
        sha256: Type.String({ description: 'SHA-256, hexadecimal' }),
      },
      { description: 'Checksums of the file' },
    ),
    size: Type.Integer({ description: 'Size of the file in bytes' }),
    _links: Type.Object({ download: Download, 'download-http': Download }, { description: 'Where the file is' }),
  },
  { title: 'DdiArtifact', description: 'A file to install' },
)

const Handling = (description: string) => Type.Enum(['skip', 'attempt', 'forced'], { description })
export const DeploymentBase = Type.Object(
  {
    id: Type.String({ description: 'Number of the action' }),
    deployment: Type.Object(
      {
        download: Handling('How urgent the download is'),
        update: Handling('How urgent the installation is'),
        maintenanceWindow: Type.Optional(
          Type.Enum(['available', 'unavailable'], {
            description: 'Whether the device is in its window; absent: the deployment has none',
          }),
        ),
        chunks: Type.Array(
          Type.Object(
            {
              part: Type.String({ description: 'Kind of the software' }),
              version: Type.String({ description: 'Version of the software' }),
              name: Type.String({ description: 'Name of the artifact' }),
              artifacts: Type.Array(DdiArtifact, { description: 'One file' }),
            },
            { description: 'The software' },
          ),
          { description: 'One element' },
        ),
      },
      { description: 'What to install' },
    ),
    actionHistory: Type.Optional(
      Type.Object(
        {
          status: Type.String({ description: 'Always `RUNNING`' }),
          messages: Type.Array(Type.String(), { description: 'The log of the device, newest first' }),
        },
        { description: 'What the device has sent about the action' },
      ),
    ),
  },
  { title: 'DdiDeploymentBase', description: 'An update for a device' },
)

export const CancelAction = Type.Object(
  {
    id: Type.String({ description: 'Number of the action' }),
    cancelAction: Type.Object(
      { stopId: Type.String({ description: 'Number of the action to cancel: the same' }) },
      { description: 'What to cancel' },
    ),
  },
  { title: 'DdiCancelAction', description: 'An update that a device is to cancel' },
)
