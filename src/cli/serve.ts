import { type Config, readConfig } from '../config.ts'
import type { Server } from '../serve.ts'
import { VERSION } from '../version.ts'
import type { Command } from './command.ts'
import { untilSignal } from './signals.ts'

export const serveCommand: Command = {
  summary: 'Run the server',
  help: `
Configured by environment variables:
  MUSTER_HOST            address to listen on (127.0.0.1)
  MUSTER_PORT            port to listen on (8080)
  MUSTER_DATA_DIR        where the database and the artifacts live (./data)
  DATABASE_URL           a PostgreSQL of your own, 15 or later, instead of the embedded one
  DATABASE_REPLICA_URL   a streaming replica of that PostgreSQL, for lists and statistics
  MUSTER_DATABASE_TIMEOUT_S
                         seconds a request may keep the database at work (30)
  MUSTER_PUBLIC_URL      the URL by which devices reach this server, for download links
  MUSTER_TRUST_PROXY     proxies whose X-Forwarded-For is believed (none); set it behind one
  MUSTER_TLS_CERT        certificate file, for https (with MUSTER_TLS_KEY)
  MUSTER_TLS_KEY         key file of the certificate
  MUSTER_ADMIN_EMAIL     the first user, made on the first start (admin@example.com)
  MUSTER_ADMIN_PASSWORD  the first user's password (by default made up, and shown once)
  MUSTER_WORKERS         processes that answer requests; auto for one a processor core (1)
  MUSTER_S3_BUCKET       an S3 bucket for the artifacts, instead of the disk; docs/s3.md tells the rest
  MUSTER_KEEP_EVENTS_DAYS
                         days for which the audit log is kept (for ever)
  MUSTER_KEEP_HISTORY_DAYS
                         days for which devices of finished deployments are kept (for ever)
  MUSTER_METRICS_PORT    port where Prometheus reads /metrics (none); docs/operations.md
  MUSTER_METRICS_HOST    address of that port (127.0.0.1)
  MUSTER_LOG_LEVEL       trace, debug, info, warn, error, fatal or silent (info)

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
