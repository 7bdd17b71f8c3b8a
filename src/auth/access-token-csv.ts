import type { AccessToken } from './access-token.ts'

export const ACCESS_TOKEN_COLUMNS = ['name', 'id', 'created_ts', 'last_used', 'expiration_date'] as const

export const accessTokenCells = ({
  name,
  id,
  created_ts,
  last_used = '',
  expiration_date = '',
}: AccessToken): string[] => [name, id, created_ts, last_used, expiration_date]
