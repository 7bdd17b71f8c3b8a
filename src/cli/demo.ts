import { randomBytes } from 'node:crypto'
import { type Login, logIn, openManager } from '../client/manager.ts'
import { readConfig } from '../config.ts'
import { type Command, optional, UsageError, type Values } from './command.ts'
import { rollOut } from './demo/roll-out.ts'
import { makeScratchDirectory } from './demo/scratch.ts'
import { untilSignal } from './signals.ts'

export const demoCommand: Command = {
  summary: 'Show a rollout to simulated devices that stops itself',
  help: `
  --devices COUNT       number of devices, 20 to 2000 (200)
  --failure-rate RATE   share of installations outside the lab that fail by chance, 0 to 1 (0.1)
  --keep                keep the server running afterwards, to explore it

All data is in a temporary directory, which is removed at the end.`,
  options: { devices: { type: 'string' }, 'failure-rate': { type: 'string' }, keep: { type: 'boolean' } },
  async run(values) {
    const devices = numberOf(values, 'devices', { fallback: 200, from: 20, to: 2000 })
    const failure_rate = numberOf(values, 'failure-rate', { fallback: 0.1, from: 0, to: 1 })
    if (!Number.isInteger(devices)) throw new UsageError('--devices must be a whole number')

    const stop = new AbortController()
    const stopped = untilSignal().then(() => stop.abort())
    await using scratch = await makeScratchDirectory()
    const { serve } = await import('../serve.ts')
    const login = { email: 'demo@example.com', password: randomBytes(12).toString('base64url') }
    await using server = await serve(configOf(scratch.path, login))
    console.log(`Started a server on ${server.url}, with its data in ${scratch.path}.`)
    const manager = openManager({ url: server.url, token: await logIn(server, login) })
    const finished = await rollOut({ url: server.url, manager, devices, failure_rate, stop: stop.signal })
    if (!finished) return 1
    if (values.keep) await keepRunning(server.url, login, stopped)
    console.log('\nNext: muster serve (in a clone: npm start) runs a server that keeps its data.')
    return 0
  },
}

const configOf = (data_dir: string, { email, password }: Login) =>
  readConfig({
    MUSTER_PORT: '0',
    MUSTER_DATA_DIR: data_dir,
    MUSTER_LOG_LEVEL: 'error',
    MUSTER_ADMIN_EMAIL: email,
    MUSTER_ADMIN_PASSWORD: password,
  })

async function keepRunning(url: string, { email, password }: Login, stopped: Promise<void>) {
  console.log(`
The server runs until you press Ctrl-C:
  Web UI    ${url}
  API       ${url}/api/docs
  E-mail    ${email}
  Password  ${password}`)
  await stopped
}

type Range = { fallback: number; from: number; to: number }

function numberOf(values: Values, name: string, { fallback, from, to }: Range): number {
  const text = optional(values, name)
  const number = text === undefined ? fallback : Number(text || Number.NaN)
  if (number >= from && number <= to) return number
  throw new UsageError(`--${name} must be a number from ${from} to ${to}`)
}
