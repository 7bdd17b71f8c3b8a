import { afterAll, beforeAll } from 'vitest'
import type { Plan } from '../../src/auth/plan.ts'
import { type ServerOptions, startServer, type TestServer, type TestTenant } from './server.ts'

/** A server for all tests of the file or of the calling `describe`; usable from `beforeAll` to `afterAll`. */
export function useServer(options?: ServerOptions): TestServer {
  const server = {} as TestServer
  beforeAll(async () => {
    Object.assign(server, await startServer(options))
  })
  // Undefined if it did not start.
  afterAll(() => server[Symbol.asyncDispose]?.())
  return server
}

/** A tenant of that server, with a signed-in user. */
export function useTenant(server: TestServer, plan?: Plan): TestTenant {
  const tenant = {} as TestTenant
  beforeAll(async () => {
    Object.assign(tenant, await server.tenant(plan))
  })
  return tenant
}
