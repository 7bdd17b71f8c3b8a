import { BROKEN_TYPE, chance, type Member, RELEASES } from './members.ts'

/** `hangs`: the device reports nothing more. */
export function outcomeOf({ index, ring, device_type }: Member, artifact_name: string, attempt: number) {
  if (artifact_name === RELEASES.broken && device_type === BROKEN_TYPE) return 'failure'
  if (ring === 'lab') return 'success'
  if (attempt === 1 && chance(index, `hangs ${artifact_name}`) < 0.002) return 'hangs'
  const share = chance(index, `fails ${artifact_name}`)
  return share < 0.008 || (share < 0.02 && attempt === 1) ? 'failure' : 'success'
}

type Message = { level: string; message: string }
const STARTED: Message = { level: 'info', message: 'installing to slot B (/dev/mmcblk0p3)' }

/** What a device sends after a failure; nothing: no log. */
export function logOf({ index, device_type }: Member, artifact_name: string): Message[] {
  const number = Math.floor(chance(index, 'number') * 60) + 4
  const error = (message: string): Message[] => [STARTED, { level: 'error', message }]
  if (artifact_name === RELEASES.broken && device_type === BROKEN_TYPE)
    return error(`watchdog: no heartbeat of the meter bus for ${number} s, rolled back to slot A`)
  const share = chance(index, 'reason')
  if (share < 0.38) return error(`cannot write block ${number * 512} to /dev/mmcblk0p3: no space left on device`)
  if (share < 0.62) return error(`checksum of the payload does not match after ${number} MB`)
  if (share < 0.8) return error(`the bootloader did not confirm slot B within 180 s: rolled back to slot A`)
  if (share < 0.93) return error(`download failed after ${number} MB: connection to 10.20.0.${number} reset by peer`)
  return []
}
