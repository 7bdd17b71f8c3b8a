import { Text, type TextProps } from '@mantine/core'
import { useEffect, useState } from 'react'
import { relative, splitAtTimes } from '../../src/texts/times.ts'
import { serverNow } from '../api/clock.ts'
import { StatusChip } from './status-chip.tsx'
import { useOnPaper } from './use-on-paper.ts'
import { absolute, inBothZones, inOtherZone, splitAtDays } from './zone.ts'

/** The time of the server's clock, updated every `interval_ms`. */
export function useNow(interval_ms: number, clock = serverNow): number {
  const [now, setNow] = useState(clock)
  useEffect(() => {
    const timer = setInterval(() => setNow(clock()), interval_ms)
    return () => clearInterval(timer)
  }, [interval_ms, clock])
  return now
}

/** An absolute time with its time zone. The tooltip has it in the other zone, and relative. */
export function Time({ at, ...text }: { at: string } & TextProps) {
  const title = [inOtherZone(at), relative(at, serverNow())].filter(Boolean).join(' · ')
  return (
    <Text component="time" inherit className="numbers" dateTime={at} title={title} {...text}>
      {absolute(at)}
    </Text>
  )
}

/** A relative time, with the absolute time in both zones as the tooltip, and in place of it on paper. */
export function Ago({ at, ...text }: { at: string } & TextProps) {
  const now = useNow(10_000)
  const onPaper = useOnPaper()
  return (
    <Text component="time" inherit className="numbers" dateTime={at} title={inBothZones(at)} {...text}>
      {onPaper ? absolute(at) : relative(at, now)}
    </Text>
  )
}

/** A text from the server, with its timestamps as times. */
export const TextWithTimes = ({ text }: { text: string }) => (
  <>
    {splitAtTimes(text).map((part, i) =>
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no other
      i % 2 === 1 ? <Time key={i} at={part} /> : part,
    )}
  </>
)

/** The same, with times as `tomorrow at 09:00` if they are near. */
export function TextWithDays({ text }: { text: string }) {
  const now = useNow(60_000)
  return splitAtDays(text, now).map(({ text, at }, i) =>
    at === undefined ? (
      text
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no other
      <time key={i} dateTime={at} title={inBothZones(at)}>
        {text}
      </time>
    ),
  )
}

/** Data of a page that is updated automatically is at most this old. */
const OLD_MS = 60_000
const NOT_LIVE = { color: 'orange', description: 'The page is not up to date. It goes on trying.' }

/**
 * The age of the shown data, by the clock of this computer. `live`: no update has failed. One that gets no response
 * does not fail for minutes: data that has become old is not live either.
 */
export function DataAge({ at, live }: { at: number; live: boolean }) {
  const now = useNow(1000, Date.now)
  const updated = `updated ${relative(new Date(Math.min(at, now)), now)}`
  const isLive = live && now - at < OLD_MS
  return (
    <Text size="sm" c="dimmed" component="div" className="numbers no-print" role="status" aria-live="off">
      {isLive ? (
        `Live · ${updated}`
      ) : (
        <StatusChip statusStyle={{ ...NOT_LIVE, label: `Not live · ${updated}` }} status="not_live" />
      )}
    </Text>
  )
}
