import type { Artifact } from '../api/releases.ts'

type Dialect = Artifact['dialect']

export const DIALECT_NAMES: Readonly<Record<Dialect, string>> = { mender: 'Mender', ddi: 'DDI' }

/** The dialects of the devices that the artifacts are for. */
export const dialectsOf = (artifacts: readonly Pick<Artifact, 'dialect'>[]): Dialect[] =>
  (Object.keys(DIALECT_NAMES) as Dialect[]).filter((one) => artifacts.some(({ dialect }) => dialect === one))
