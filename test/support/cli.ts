import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import type { Ended } from './command.ts'
import { runHere } from './run-here.ts'
import type { TestServer, TestTenant } from './server.ts'

export type TestCli = {
  /** A directory for the files of the tests; usable from `beforeAll` on. */
  scratch: string
  run(argv: string[], input?: string, env?: Record<string, string>): Promise<Ended>
  /** Runs a command that must succeed, and returns its output. */
  succeed(...argv: string[]): Promise<string>
}

/** The command line of a user of the tenant. */
export function useCli(server: TestServer, tenant: TestTenant): TestCli {
  const cli: TestCli = {
    scratch: '',
    run: (argv, input = '', env = {}) =>
      runHere(
        argv,
        { MUSTER_URL: server.url, MUSTER_TOKEN: tenant.api.token!, XDG_CONFIG_HOME: cli.scratch, ...env },
        input,
      ),
    async succeed(...argv) {
      const { code, stdout, stderr } = await cli.run(argv)
      expect([argv, code, stderr]).toEqual([argv, 0, ''])
      return stdout
    },
  }
  beforeAll(async () => {
    cli.scratch = await mkdtemp(join(tmpdir(), 'muster-cli-'))
  })
  afterAll(() => rm(cli.scratch, { recursive: true, force: true }))
  return cli
}
