/**
 * Whether an error has one of these codes, of Node (`ENOENT`) or of PostgreSQL (`SQLSTATE` in `db/database-errors.ts`).
 */
export const hasCode = (error: unknown, ...codes: readonly string[]): boolean => {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && codes.includes(code)
}
