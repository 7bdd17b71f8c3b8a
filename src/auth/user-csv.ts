import type { User } from './user.ts'

export const USER_COLUMNS = ['email', 'id', 'roles', 'tfa_status', 'created_ts', 'updated_ts', 'login_ts'] as const

export const userCells = ({ email, id, roles, tfa_status, created_ts, updated_ts, login_ts = '' }: User): string[] => [
  ...[email, id, roles.join(', '), tfa_status, created_ts, updated_ts, login_ts],
]
