import { Type } from 'typebox'
import { sql } from '../db/sql.ts'
import { Refusal } from '../errors.ts'
import type { Routes } from './http.ts'

const Status = Type.Object({ status: Type.String() })

export const healthRoutes: Routes = (http, env) => {
  http.get(
    '/health',
    { schema: { tags: ['health'], summary: 'The process is alive', security: [], response: { 200: Status } } },
    async () => ({ status: 'alive' }),
  )

  http.get(
    '/ready',
    {
      schema: {
        tags: ['health'],
        summary: "The database is reachable and its schema is this program's",
        security: [],
        response: { 200: Status },
      },
    },
    async () => {
      // The server listens only after its migrations ran: reachable is what is left to ask.
      await env.db.query(sql`select 1`).catch(() => {
        throw new Refusal(503, 'service unavailable')
      })
      return { status: 'ready' }
    },
  )
}
