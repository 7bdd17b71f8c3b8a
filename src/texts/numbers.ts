const WHOLE = new Intl.NumberFormat('en-US')
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

/** `1,234` */
export const whole = (number: number): string => WHOLE.format(number)

/** `1 device`, `1,234 devices` */
export const counted = (number: number, noun: string, plural = `${noun}s`): string =>
  `${whole(number)} ${number === 1 ? noun : plural}`

/** `12.3 MB`, in steps of 1000. */
export function bytes(number: number): string {
  let amount = number
  let unit = 0
  while (amount >= 1000 && unit < UNITS.length - 1) {
    amount /= 1000
    unit++
  }
  return `${unit === 0 ? amount : amount.toFixed(1)} ${UNITS[unit]}`
}

/** `12 %`. Only exactly 0 and 100 are shown as such; other values near them are `<1 %` and `>99 %`. */
export function percent(part: number, total: number): string {
  if (total === 0) return '0 %'
  const exact = (part / total) * 100
  if (exact > 0 && exact < 1) return '<1 %'
  if (exact > 99 && exact < 100) return '>99 %'
  return `${Math.round(exact)} %`
}
