import { Badge } from '@mantine/core'
import { DIALECT_NAMES } from './dialects.ts'

const ABOUT = { mender: 'For the protocol of Mender', ddi: 'For Direct Device Integration, the protocol of hawkBit' }

/** The protocol of a device or an artifact. Where nothing is shown, it is that of Mender. */
export const DialectChip = ({ dialect }: { dialect: keyof typeof DIALECT_NAMES }) => (
  <Badge variant="default" size="sm" tt="none" fw={550} className="no-shrink" title={ABOUT[dialect]}>
    {DIALECT_NAMES[dialect]}
  </Badge>
)
