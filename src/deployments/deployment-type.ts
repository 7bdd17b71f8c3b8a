import { type Static, Type } from 'typebox'

export const DeploymentType = Type.Union([Type.Literal('software'), Type.Literal('configuration')], {
  title: 'DeploymentType',
  description: 'What a deployment installs: a release, or the configuration of one device',
})
export type DeploymentType = Static<typeof DeploymentType>

/** Values are often secrets: so much of each is shown, as by Mender. */
export const SHOWN_LENGTH = 3
export const OMITTED = '...<omitted>'

/** In Base64, and in ASCII below it: Mender's web GUI decodes no other characters. */
export const encodeConfiguration = (shown: Readonly<Record<string, string>>): string =>
  Buffer.from(JSON.stringify(shown).replace(/[^\x20-\x7e]/g, escaped)).toString('base64')

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
