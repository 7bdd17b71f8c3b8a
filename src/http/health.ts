import { Type } from 'typebox'
import { sql } from '../db/sql.ts'
import { unavailable } from '../errors.ts'
import type { Routes } from './http.ts'

const Status = Type.Object(
  { status: Type.String({ description: '`alive` or `ready`' }) },
  { title: 'Health', description: 'State of the server' },
)

export const healthRoutes: Routes = (http, env) => {
  http.get(
    '/health',
    {
      config: { usesDatabase: false },
      schema: {
        ...{ tags: ['health'], operationId: 'getLiveness', summary: 'Check that the process is alive' },
        ...{ security: [], response: { 200: Status } },
      },
    },
    async () => ({ status: 'alive' }),
  )

  let hasUsers = false
  http.get(
    '/ready',
    {
      schema: {
        ...{ tags: ['health'], operationId: 'getReadiness', summary: 'Check that the server is ready for requests' },
        description: "It is if the database is reachable, its schema is this program's, and the first user exists.",
        ...{ security: [], response: { 200: Status } },
      },
    },
    async () => {
      // The server listens only after the migrations. The first user is created after that, and is never missing again.
      const found = await env.db.first(hasUsers ? sql`select 1` : sql`select 1 from users limit 1`)
      if (!found) throw unavailable('The server is starting: there is no user yet. Try again in a moment.')
      hasUsers = true
      return { status: 'ready' }
    },
  )
}
