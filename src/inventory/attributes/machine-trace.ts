import type { NewAttribute } from '../attribute.ts'

/**
 * Attributes that differ between two machines, and that one machine never changes back and forth. Not addresses of
 * wireless interfaces, which are random on some systems.
 */
const IDENTIFYING = /^(?:boot_id|machine_id|product_uuid|serial(?:_?(?:number|no))?|cpu_serial|mac_(?!wl).+)$/i

/** What two machines must have in common to be compared, and what distinguishes them. */
export type MachineTrace = { names: string; values: string }

/** Undefined: the report has nothing by which machines differ. */
export function traceOf(attributes: readonly NewAttribute[]): MachineTrace | undefined {
  const identifying = attributes
    .filter(({ name }) => IDENTIFYING.test(name))
    .map(({ name, value }) => [name, JSON.stringify(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  if (identifying.length === 0) return undefined
  return { names: identifying.map(([name]) => name).join(), values: identifying.map(([, value]) => value).join() }
}

/** The last two different traces of a device, and how often the one before has come back. */
export type Turns = { last: MachineTrace; before: MachineTrace | undefined; returns: number }

/** A board that was exchanged may come back once. */
const TURNS_OF_TWO = 2

/** The turns after another report. */
export function afterReport(turns: Turns | undefined, trace: MachineTrace): Turns {
  if (!turns || turns.last.names !== trace.names) return { last: trace, before: undefined, returns: 0 }
  if (turns.last.values === trace.values) return turns
  const isBack = turns.before?.values === trace.values
  return { last: trace, before: turns.last, returns: isBack ? turns.returns + 1 : 0 }
}

/** Whether two machines take turns: A, B, A, B. */
export const areTwo = ({ returns }: Turns): boolean => returns >= TURNS_OF_TWO
