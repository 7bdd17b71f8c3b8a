import type { Filter, Integration, Recipe, Role } from '../../client/api.ts'
import { ServerError } from '../../client/server-error.ts'
import { FILTERS } from '../filters/paths.ts'
import type { Server } from '../remote/server.ts'
import { INTEGRATIONS } from '../webhooks/paths.ts'
import type { Declared } from './read-files.ts'

export const ROLES = '/api/management/v2/useradm/roles'
export const RECIPES = '/api/management/v2/deployments/recipes'

/** What the server has, each list read once until it is forgotten. */
export type Context = {
  server: Server
  declared: Declared
  filters(): Promise<Filter[]>
  roles(): Promise<Role[]>
  recipes(): Promise<Recipe[]>
  webhooks(): Promise<Integration[]>
  /** After a change of the server, by this process or another. */
  forget(): void
}

export function openContext(server: Server, declared: Declared): Context {
  const known = new Map<string, Promise<unknown>>()
  const once = <Row>(name: string, read: () => Promise<Row[]>): Promise<Row[]> => {
    const rows = known.get(name) ?? read()
    known.set(name, rows)
    return rows as Promise<Row[]>
  }
  return {
    ...{ server, declared },
    filters: () => once('filters', () => server.list(FILTERS)),
    roles: () => once('roles', async () => (await server.get(ROLES)).body),
    recipes: () => once('recipes', async () => (await server.get(RECIPES)).body),
    webhooks: () => once('webhooks', async () => (await server.get(INTEGRATIONS)).body),
    forget: () => known.clear(),
  }
}

/** A problem of a declaration. `field`: as the API names the member. */
export const refusal = (sentence: string, field: string): ServerError =>
  new ServerError(sentence, { status: 422, field })

export type FoundFilter =
  | { id: string; is_saved: true; is_changing: boolean }
  /** It is to be created. */
  | { is_saved: false; terms: Filter['terms'] }

/** The filter that a declaration names in a member. */
export async function findFilterNamed(context: Context, name: string, field: string): Promise<FoundFilter> {
  const saved = (await context.filters()).find((one) => one.name === name)
  const declared = context.declared.filters.find(({ value }) => value.name === name)?.value
  if (saved) {
    const is_changing = declared !== undefined && JSON.stringify(declared.terms) !== JSON.stringify(saved.terms)
    return { id: saved.id, is_saved: true, is_changing }
  }
  if (declared) return { is_saved: false, terms: declared.terms }
  throw refusal(`There is no filter "${name}", neither in these files nor on the server.`, field)
}
