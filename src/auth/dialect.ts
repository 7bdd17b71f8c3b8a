import { type Static, Type } from 'typebox'

export const Dialect = Type.Union([Type.Literal('mender'), Type.Literal('ddi')], {
  title: 'Dialect',
  description:
    'Protocol: `mender`: that of Mender; `ddi`: Direct Device Integration, as of hawkBit. Devices install artifacts of their dialect only',
})
/** The protocol that a device speaks. */
export type Dialect = Static<typeof Dialect>

/**
 * Each dialect with its name for people. `states_type`: each poll states the device type; otherwise the inventory alone
 * has it, and a device is offered nothing before it does.
 */
export const DIALECTS: Readonly<Record<Dialect, { name: string; states_type: boolean }>> = {
  mender: { name: 'Mender', states_type: true },
  ddi: { name: 'DDI', states_type: false },
}
