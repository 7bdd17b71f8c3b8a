import { openClient } from '../../client/client.ts'
import { acceptFleet } from '../../simulate/load/accept.ts'
import { Fleet } from '../../simulate/load/fleet.ts'
import { openNewConnections } from '../../simulate/load/new-connections.ts'
import { runLoad } from '../../simulate/load/run.ts'
import { counted, whole } from '../../texts/numbers.ts'
import { type Command, optional, several, UsageError, type Values, wholeNumber } from '../command.ts'
import { readInterval } from '../interval.ts'
import { ADDRESS_OPTIONS, readConnection, urlOrDefault } from '../remote/connection.ts'
import { untilSignal } from '../signals.ts'
import { readAttribute } from './attribute.ts'
import { DIALECT_OPTIONS, readDialects } from './dialect.ts'
import { loadReport } from './load-report.ts'

const MAX_DEVICES = 1_000_000
const MAX_CONNECTIONS = 256
const OPTIONS_WITH_VALUE = [
  ...[
    'devices',
    'interval',
    'duration',
    'warm-up',
    'connections',
    'jitter',
    'failure-rate',
    'silence-rate',
    'inventory-every',
  ],
  ...['name', 'device-type', 'release', 'tenant-token', 'token'],
]

export const simulateLoadCommand: Command = {
  summary: 'Load-test a server with simulated devices',
  help: `
  --devices COUNT          number of devices, up to ${whole(MAX_DEVICES)} (1000)
  --dialect DIALECT        mender, ddi, or mixed: every second device speaks DDI (mender)
  --interval DURATION      polling interval of a device, such as 30s or 5m; a bare number is in seconds (1m)
  --duration DURATION      length of the measurement (1m); Ctrl-C ends it early
  --warm-up DURATION       time before the measurement, in which all devices authenticate and poll once (0)
  --connections COUNT      maximum number of connections, up to ${MAX_CONNECTIONS} (64)
  --new-connections        open a connection for each request, as most devices do, with a full TLS handshake
  --resume                 of new connections by TLS: resume sessions, as devices that store them do
  --jitter RATIO           maximum random delay of a poll, as a share of the interval, 0 to 1 (0.1)
  --failure-rate RATE      share of installations that fail, 0 to 1 (0)
  --silence-rate RATE      share of devices that never contact the server, 0 to 1 (0)
  --inventory-every COUNT  send the inventory every COUNT polls (10)
  --accept                 accept the devices as the logged-in user; otherwise accept them yourself
  --name NAME              prefix of the serial numbers; the same name simulates the same devices again (load)
  --device-type TYPE       device type (simulated)
  --release NAME           release that the devices run at first (factory)
  --attribute NAME=VALUE   attribute to report; may be given several times
  --tenant-token TOKEN     tenant of devices that speak Mender's protocol (the default tenant)
  --tenant TENANT          tenant of devices that speak DDI, by name or ID (DEFAULT, the default tenant)
  --gateway-token TOKEN    gateway token of devices that speak DDI
  --url URL                server URL (MUSTER_URL, or http://127.0.0.1:8080)
  --token TOKEN            access token for --accept (MUSTER_TOKEN, or the token of the last login)
  --insecure               accept any TLS certificate
  --json                   print the results as JSON

To the server these are real devices, and they stay there: use a separate tenant or server. Offered updates are
installed without downloading them.`,
  options: {
    ...Object.fromEntries(OPTIONS_WITH_VALUE.map((name) => [name, { type: 'string' as const }])),
    ...{ ...ADDRESS_OPTIONS, ...DIALECT_OPTIONS, attribute: { type: 'string', multiple: true } },
    ...{ accept: { type: 'boolean' }, json: { type: 'boolean' } },
    ...{ 'new-connections': { type: 'boolean' }, resume: { type: 'boolean' } },
  },
  async run(values) {
    const load = readLoad(values)
    const duration_ms = readInterval(values, 'duration', '1m')
    const client = values.accept === true ? openClient(await readConnection(values)) : undefined
    const stop = new AbortController()
    untilSignal().then(() => stop.abort())
    if (!values.json)
      console.log(`${counted(load.fleet.size, 'device')} polling ${load.url} every ${load.interval_ms / 1000} s.`)
    const { timings, skipped, warm, ended } = runLoad({ ...load, stop: stop.signal })
    let timer: NodeJS.Timeout | undefined
    let begun = performance.now()
    void warm.then(() => {
      begun = performance.now()
      timer = setTimeout(() => stop.abort(), duration_ms)
    })
    try {
      await Promise.all([ended, client && acceptFleet(client, load.fleet, stop.signal)])
    } finally {
      stop.abort()
      clearTimeout(timer)
    }
    const elapsed_s = (performance.now() - begun) / 1000
    const connections = load.new_connections?.counts()
    const figures = loadReport(timings, { elapsed_s, skipped: skipped(), connections })
    console.log(values.json ? JSON.stringify(figures.json) : figures.text)
    return 0
  },
}

function readLoad(values: Values) {
  const size = atMost(values, 'devices', { max: MAX_DEVICES, fallback: 1000 })
  const { dialectOf, tenant, gateway_token } = readDialects(values)
  const url = urlOrDefault(values)
  return {
    url,
    new_connections: readNewConnections(values, url),
    fleet: new Fleet(optional(values, 'name') ?? 'load', size, optional(values, 'release') ?? 'factory'),
    interval_ms: readInterval(values, 'interval', '1m'),
    warm_up_ms: optional(values, 'warm-up') === undefined ? 0 : readInterval(values, 'warm-up', '0s'),
    connections: atMost(values, 'connections', { max: MAX_CONNECTIONS, fallback: 64 }),
    ...{ jitter: share(values, 'jitter', 0.1), silence_rate: share(values, 'silence-rate', 0) },
    dialectOf,
    behaviour: {
      ...{ tenant, gateway_token },
      device_type: optional(values, 'device-type') ?? 'simulated',
      tenant_token: optional(values, 'tenant-token') ?? '',
      attributes: Object.fromEntries(several(values, 'attribute').map(readAttribute)),
      inventory_every: wholeNumber(values, 'inventory-every', 1) ?? 10,
      ...{ failure_rate: share(values, 'failure-rate', 0), step_ms: 1000 },
    },
  }
}

function readNewConnections(values: Values, url: string) {
  const [opens, resumes] = [values['new-connections'] === true, values.resume === true]
  if (resumes && !opens) throw new UsageError('--resume needs --new-connections')
  if (resumes && !url.startsWith('https:')) throw new UsageError('--resume needs a URL that begins with https://')
  return opens ? openNewConnections(url, { resumes }) : undefined
}

function atMost(values: Values, name: string, { max, fallback }: { max: number; fallback: number }): number {
  const number = wholeNumber(values, name, 1) ?? fallback
  if (number > max) throw new UsageError(`--${name} must be at most ${max}`)
  return number
}

function share(values: Values, name: string, fallback: number): number {
  const number = Number(optional(values, name) ?? fallback)
  if (!(number >= 0 && number <= 1)) throw new UsageError(`--${name} must be a number from 0 to 1`)
  return number
}
