import { problemOf } from '../../../api/http.ts'

type Field = 'url' | 'secret' | 'events' | 'format'

/** In the request that creates a webhook, and in the one that replaces its credentials. */
const FIELDS: Readonly<Record<string, Field>> = {
  'credentials.http.url': 'url',
  'credentials.http.secret': 'secret',
  'http.url': 'url',
  'http.secret': 'secret',
  events: 'events',
  format: 'format',
}

export function webhookErrors(error: unknown): Partial<Record<Field | 'form', string>> {
  if (!error) return {}
  const { field, sentence } = problemOf(error)
  return { [FIELDS[field ?? ''] ?? 'form']: sentence }
}
