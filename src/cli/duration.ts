const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Parses `90s`, `30m`, `2h`, `1h30m` or `7d` into milliseconds; returns undefined for anything else. */
export function readDuration(text: string): number | undefined {
  if (!/^(\d{1,9}[smhd])+$/.test(text)) return undefined
  const parts = [...text.matchAll(/(\d+)([smhd])/g)]
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNITS[unit] ?? 0), 0)
}

/** Parses a duration of whole minutes, such as `90m`, `2h` or `1d`, into minutes; returns undefined for anything else. */
export function readMinutes(text: string): number | undefined {
  const minutes = (readDuration(text) ?? 0) / 60_000
  return minutes > 0 && Number.isInteger(minutes) ? minutes : undefined
}
