import type { DeviceDeployment } from '../../client/api.ts'

type Counted = readonly [number: number, what: string]

const counts = (lines: readonly Counted[]): string[] =>
  lines.filter(([number]) => number > 0).map(([number, what]) => `${String(number).padStart(6)}  ${what}`)

/** One line for each outcome that occurred. `outside`: the devices that do not match the filter. */
export function summaryLines(devices: readonly DeviceDeployment[], outside: number): string[] {
  const count = (status: string, attempts?: number) =>
    devices.filter((item) => item.status === status && (attempts ?? item.attempts) === item.attempts).length
  return counts([
    [count('success', 1), 'updated at the first attempt'],
    [count('success', 2), 'updated after a retry'],
    [count('failure'), 'failed after 2 attempts; their logs show why'],
    [count('noartifact'), 'no artifact for their device type'],
    [count('already-installed'), 'already ran the release'],
    [outside, 'outside the filter: never offered'],
  ])
}

/** One line for each device type of the failed devices, with the end of the log of one of them. */
export async function failureLines(
  failed: readonly DeviceDeployment[],
  logOf: (device: string) => Promise<string>,
): Promise<string[]> {
  const types = [...new Set(failed.map(({ device_type = '' }) => device_type))]
  const lines = types.map(async (type): Promise<Counted> => {
    const devices = failed.filter(({ device_type = '' }) => device_type === type)
    const log = devices.find((device) => device.log)
    const message = log && (await logOf(log.id)).trim().split('\n').at(-1)?.replace(/^\S+ /, '')
    return [devices.length, `of the type ${type}: ${message ?? 'no log yet'}`]
  })
  return counts(await Promise.all(lines))
}
