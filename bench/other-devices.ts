import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { openManager } from '../src/client/manager.ts'
import { enrolDevices } from '../src/simulate/enrol.ts'
import { simulateDevice } from '../src/simulate/simulated-device.ts'
import { times } from './kit/fleet.ts'

const OPTIONS = {
  url: { type: 'string' },
  'user-token': { type: 'string' },
  'tenant-token': { type: 'string', default: '' },
  count: { type: 'string', default: '1000' },
  file: { type: 'string' },
} as const

/** Makes accepted devices at a server with Mender's API, and writes their tokens into a file, one a line. */
export async function makeOtherDevices(args: readonly string[]): Promise<string> {
  const { url, file, count, ...tokens } = parseArgs({ args: [...args], options: OPTIONS }).values
  const user = tokens['user-token']
  if (!url || !file || !user) throw new Error('other-devices: needs --url, --user-token and --file')
  const manager = openManager({ url, token: readFileSync(user, 'utf8').trim(), insecure: true })
  const run = Date.now().toString(36)
  const devices = times(Number(count), (i) =>
    simulateDevice({ url, tenant_token: tokens['tenant-token'], identity: { mac: `${run}-${i}` } }),
  )
  await enrolDevices(manager, devices, () => ({ device_type: 'gateway', artifact_name: 'factory' }))
  writeFileSync(file, devices.map(({ token }) => `${token}\n`).join(''), { mode: 0o600 })
  return `${count} devices, their tokens in ${file}`
}
