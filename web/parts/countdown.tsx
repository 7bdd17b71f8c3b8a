import { Text } from '@mantine/core'
import { useNow } from './time.tsx'

const two = (number: number) => String(number).padStart(2, '0')

/** `2 d 03:04:05`, `04:05` */
function durationText(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  const [days, hours] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24]
  const short = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  const long = hours > 0 || days > 0 ? `${two(hours)}:${short}` : short
  return days > 0 ? `${days} d ${long}` : long
}

/** The time until a moment, by the clock of the server. */
export function Countdown({ to_ms }: { to_ms: number }) {
  const now = useNow(1_000)
  return (
    <Text component="span" inherit className="numbers" role="timer" aria-live="off">
      {durationText(to_ms - now)}
    </Text>
  )
}
