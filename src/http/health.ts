import { Type } from 'typebox'
import { sql } from '../db/sql.ts'
import { unavailable } from '../errors.ts'
import type { Routes } from './http.ts'

const Status = Type.Object({ status: Type.String() })

export const healthRoutes: Routes = (http, env) => {
  http.get(
    '/health',
    { schema: { tags: ['health'], summary: 'The process is alive', security: [], response: { 200: Status } } },
    async () => ({ status: 'alive' }),
  )

  let hasUsers = false
  http.get(
    '/ready',
    {
      schema: {
        tags: ['health'],
        summary: "The database is reachable, its schema is this program's, and the first user exists",
        security: [],
        response: { 200: Status },
      },
    },
    async () => {
      // The server listens only after its migrations ran. The first user is made after that, and stays.
      const found = await env.db.first(hasUsers ? sql`select 1` : sql`select 1 from users limit 1`)
      if (!found) throw unavailable('The server is starting: there is no user yet. Try again in a moment.')
      hasUsers = true
      return { status: 'ready' }
    },
  )
}
