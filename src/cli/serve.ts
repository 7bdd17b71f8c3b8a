import { type Config, readConfig } from '../config.ts'
import type { Server } from '../serve.ts'
import { VERSION } from '../version.ts'
import type { Command } from './command.ts'
import { settingsHelp } from './settings-help.ts'
import { untilSignal } from './signals.ts'

export const serveCommand: Command = {
  summary: 'Run the server',
  help: `
Configured by environment variables:
${settingsHelp()}

SIGTERM or Ctrl-C stops the server once requests under way are answered; a second one ends it at once.`,
  options: {},
  async run() {
    const config = readConfig()
    const stopped = untilSignal()
    const { serve } = await import('../serve.ts')
    await using server = await serve(config)
    printAddresses(config, server)
    await stopped
    console.log('Stopping.')
    return 0
  },
}

function printAddresses(config: Config, { url, metrics_url, administrator }: Server) {
  const database = config.database_url ? 'artifacts; the database is the one of DATABASE_URL' : 'database and artifacts'
  console.log(`Muster ${VERSION} listens on ${url}
  API   ${url}/api/docs
  Data  ${config.data_dir} (${database})`)
  if (metrics_url) console.log(`  Metrics ${metrics_url}`)
  if (administrator)
    console.log(`
First start: this user was created. The password is not shown again.
  E-mail    ${administrator.email}
  Password  ${administrator.password}
`)
}
