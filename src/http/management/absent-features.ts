import { Type } from 'typebox'
import type { Routes } from '../http.ts'
import { refusals } from '../responses.ts'

/** What the web GUI asks for at every start, and complains of where there is no answer: Muster has none of it. */
export const deltaConfigRoutes: Routes = (http) => {
  http.get(
    '/config',
    {
      schema: {
        tags: ['deployments'],
        summary: 'How delta artifacts are made: never, so there is nothing to say',
        response: { 200: Type.Object({}), ...refusals(401) },
      },
    },
    async () => ({}),
  )
}

export const integrationRoutes: Routes = (http) => {
  http.get(
    '/integrations',
    {
      schema: {
        tags: ['integrations'],
        summary: 'Clouds that devices are shared with: none',
        response: { 200: Type.Array(Type.Object({})), ...refusals(401) },
      },
    },
    async () => [],
  )
}
