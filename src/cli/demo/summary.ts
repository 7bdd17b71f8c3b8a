import type { DeviceItem } from './requests.ts'

/** One line for each outcome that occurred. `outside`: the devices that do not match the filter. */
export function summaryLines(devices: readonly DeviceItem[], outside: number): string[] {
  const count = (status: string, attempts?: number) =>
    devices.filter((item) => item.status === status && (attempts ?? item.attempts) === item.attempts).length
  const lines: [number, string][] = [
    [count('success', 1), 'updated at the first attempt'],
    [count('success', 2), 'updated after a retry'],
    [count('failure'), 'failed after 2 attempts; their logs show why'],
    [count('noartifact'), 'no artifact for their device type'],
    [count('already-installed'), 'already ran the release'],
    [outside, 'outside the filter: never offered'],
  ]
  return lines.filter(([number]) => number > 0).map(([number, what]) => `${String(number).padStart(6)}  ${what}`)
}
