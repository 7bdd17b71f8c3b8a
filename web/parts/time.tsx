import { Text, type TextProps } from '@mantine/core'
import { useEffect, useState } from 'react'
import { absolute, relative } from '../../src/texts/times.ts'
import { serverNow } from '../api/clock.ts'

/** The time of the server's clock, updated every `interval_ms`. */
export function useNow(interval_ms: number, clock = serverNow): number {
  const [now, setNow] = useState(clock)
  useEffect(() => {
    const timer = setInterval(() => setNow(clock()), interval_ms)
    return () => clearInterval(timer)
  }, [interval_ms, clock])
  return now
}

/** An absolute time with its time zone. */
export function Time({ at, ...text }: { at: string } & TextProps) {
  return (
    <Text component="time" inherit className="numbers" dateTime={at} title={relative(at, serverNow())} {...text}>
      {absolute(at)}
    </Text>
  )
}

/** A relative time, with the absolute time as the tooltip. */
export function Ago({ at, ...text }: { at: string } & TextProps) {
  const now = useNow(10_000)
  return (
    <Text component="time" inherit className="numbers" dateTime={at} title={absolute(at)} {...text}>
      {relative(at, now)}
    </Text>
  )
}

/** The age of the shown data, by the clock of this computer. `live`: it is updated automatically. */
export function DataAge({ at, live }: { at: number; live: boolean }) {
  const now = useNow(1000, Date.now)

  return (
    <Text size="sm" c="dimmed" className="numbers" role="status" aria-live="off">
      {live ? 'Live' : 'Not live'} · updated {relative(new Date(Math.min(at, now)), now)}
    </Text>
  )
}
