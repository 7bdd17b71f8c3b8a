import type { Integration } from './integration.ts'

export const INTEGRATION_COLUMNS = ['description', 'id', 'provider', 'url', 'is_signed', 'format', 'events'] as const

export const integrationCells = ({
  description,
  id,
  provider,
  format,
  events,
  credentials: { http },
}: Integration): string[] => [
  description,
  id,
  provider,
  http.url,
  String(http.secret !== undefined),
  format,
  // Empty: all events.
  (events ?? []).join(', '),
]
