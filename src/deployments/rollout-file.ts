import { type Static, Type } from 'typebox'
import { Notes, Tags } from '../artifacts/release.ts'
import { NewRole } from '../auth/role.ts'
import { FilterTerm } from '../inventory/filter.ts'
import { NewIntegration } from '../webhooks/integration.ts'
import { KEY, NewAnyDeployment } from './deployment.ts'
import type { NewPhase } from './phases.ts'
import { NewRecipe } from './recipe.ts'

/** What a rollout file declares as its `apiVersion`. */
const API_VERSION = 'muster/v1'

const name = (description: string) => Type.String({ minLength: 1, description })

const FileRelease = Type.Object(
  { name: name('Name of the release, which must exist'), tags: Type.Optional(Tags), notes: Type.Optional(Notes) },
  { title: 'FileRelease', description: 'Tags and notes of a release; those that are left out stay as they are' },
)
export type FileRelease = Static<typeof FileRelease>

const FileFilter = Type.Object(
  {
    name: name('Name of the filter'),
    terms: Type.Array(FilterTerm, { minItems: 1, description: 'Terms that must all hold' }),
  },
  { title: 'FileFilter', description: 'A saved filter, which selects devices by their attributes' },
)
export type FileFilter = Static<typeof FileFilter>

const FileRole = Type.Object(NewRole.properties, { title: 'FileRole', description: 'What its users are permitted' })
export type FileRole = Static<typeof FileRole>

const FileRecipe = Type.Object(
  { name: name('Name of the recipe'), ...NewRecipe.properties },
  { title: 'FileRecipe', description: 'How deployments with the recipe proceed, unless they say otherwise' },
)
export type FileRecipe = Omit<Static<typeof FileRecipe>, 'phases' | 'exclude'> & NamedFilters

const FileWebhook = Type.Object(
  {
    url: NewIntegration.properties.credentials.properties.http.properties.url,
    description: NewIntegration.properties.description,
    format: NewIntegration.properties.format,
    events: NewIntegration.properties.events,
    secret_env: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
        description: 'Name of an environment variable with the key of the signatures, in hexadecimal',
      }),
    ),
  },
  { title: 'FileWebhook', description: 'Where events are sent' },
)
export type FileWebhook = Static<typeof FileWebhook>

const FileDeployment = Type.Object(
  {
    key: Type.String({
      pattern: KEY,
      description:
        'Text that no other deployment of the tenant has: the deployment is created if there is none with this key',
    }),
    ...Type.Omit(NewAnyDeployment, ['key', 'devices_of']).properties,
  },
  {
    title: 'FileDeployment',
    description: 'A deployment, for the devices of `filter`, `group`, `devices` or `all_devices`',
  },
)
export type FileDeployment = Omit<Static<typeof FileDeployment>, 'phases' | 'exclude' | 'filter_id'> &
  NamedFilters & { filter?: string }

/** In a file, filters are named, where the API has their IDs. */
export type NamedFilters = {
  phases?: (Omit<NewPhase, 'filter_id'> & { filter?: string })[]
  exclude?: { filter?: string; device_ids?: string[] }
}

const list = <Schema extends Parameters<typeof Type.Array>[0]>(schema: Schema, description: string) =>
  Type.Optional(Type.Array(schema, { description }))

/** With the IDs of filters as the API has them: `fileSchema` replaces them by names. */
export const RolloutFile = Type.Object(
  {
    apiVersion: Type.Literal(API_VERSION, { description: 'Version of the format' }),
    releases: list(FileRelease, 'Tags and notes of releases'),
    filters: list(FileFilter, 'Saved filters'),
    roles: list(FileRole, 'Roles'),
    recipes: list(FileRecipe, 'Recipes of rollouts'),
    webhooks: list(FileWebhook, 'Webhooks, by their URLs'),
    deployments: list(FileDeployment, 'Deployments, by their keys'),
  },
  {
    title: 'RolloutFile',
    description: 'What `muster plan` compares with a server, and `muster apply` creates and changes',
  },
)
