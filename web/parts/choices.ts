import { problemOf } from '../api/http.ts'

type Found = { data: unknown; failure: unknown }

/** In place of choices: why there are none. `empty`: there are none that match. */
export const notFound = ({ data, failure }: Found, empty: string): string =>
  data !== undefined ? empty : (notLoaded(failure) ?? 'Loading…')

/** Why choices could not be loaded, at their field. */
export const notLoaded = (failure: unknown): string | undefined =>
  failure ? `Not loaded: ${problemOf(failure).sentence}` : undefined
