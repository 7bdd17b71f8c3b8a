/** A number field; '': blank. */
export type Amount = number | ''

const UNITS = { days: 1440, hours: 60, minutes: 1 } as const
export type Unit = keyof typeof UNITS
export type Duration = { amount: Amount; unit: Unit }

export const UNIT_NAMES: readonly Unit[] = ['minutes', 'hours', 'days']

/** In the largest unit without a fraction. */
export function durationOf(minutes: number): Duration {
  const unit = (Object.keys(UNITS) as Unit[]).find((one) => minutes % UNITS[one] === 0) ?? 'minutes'
  return { amount: minutes / UNITS[unit], unit }
}

/** null: the field is blank. */
export const minutesOf = ({ amount, unit }: Duration): number | null => (amount === '' ? null : amount * UNITS[unit])
