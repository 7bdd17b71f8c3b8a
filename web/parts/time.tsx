import { Text, type TextProps } from '@mantine/core'
import { useEffect, useState } from 'react'
import { absolute, relative } from '../../src/texts/times.ts'
import { serverNow } from '../api/clock.ts'

/** The time by the server's clock, renewed every `every` milliseconds. */
export function useNow(every: number, clock = serverNow): number {
  const [now, setNow] = useState(clock)
  useEffect(() => {
    const timer = setInterval(() => setNow(clock()), every)
    return () => clearInterval(timer)
  }, [every, clock])
  return now
}

/** A moment, with its zone. */
export function Time({ at, ...text }: { at: string } & TextProps) {
  return (
    <Text component="time" inherit className="numbers" dateTime={at} title={relative(at, serverNow())} {...text}>
      {absolute(at)}
    </Text>
  )
}

/** How long ago or ahead a moment is; the moment itself is its title. */
export function Ago({ at, ...text }: { at: string } & TextProps) {
  const now = useNow(10_000)
  return (
    <Text component="time" inherit className="numbers" dateTime={at} title={absolute(at)} {...text}>
      {relative(at, now)}
    </Text>
  )
}

/** How old what is shown is, by this computer's clock. `live`: it renews itself. */
export function DataAge({ at, live }: { at: number; live: boolean }) {
  const now = useNow(1000, Date.now)

  return (
    <Text size="sm" c="dimmed" className="numbers" role="status" aria-live="off">
      {live ? 'Live' : 'Not live'} · updated {relative(new Date(Math.min(at, now)), now)}
    </Text>
  )
}
