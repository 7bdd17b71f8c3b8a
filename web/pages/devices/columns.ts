import { useMediaQuery } from '@mantine/hooks'
import { useUserSetting } from '../../api/settings.ts'

/** A column is an attribute: `inventory/device_type`. */
const DEFAULT_COLUMNS: readonly string[] = [
  ...['inventory/device_type', 'inventory/artifact_name', 'system/group'],
  ...['identity/status', 'system/check_in_time'],
]
/** On a very wide screen. */
const WIDE_COLUMNS: readonly string[] = [...DEFAULT_COLUMNS, 'system/created_ts', 'system/updated_ts', 'identity/id']
export const MAX_COLUMNS = 12

const LABELS: Readonly<Record<string, string>> = {
  'identity/id': 'Device ID',
  'identity/status': 'Status',
  'inventory/device_type': 'Device type',
  'inventory/artifact_name': 'Software',
  'system/group': 'Group',
  'system/check_in_time': 'Last check-in',
  'system/created_ts': 'First seen',
  'system/updated_ts': 'Last change',
  'system/dialect': 'Protocol',
  'system/pinned_until': 'Pinned until',
}
/** Columns that every fleet has. */
export const COMMON_COLUMNS: readonly string[] = Object.keys(LABELS)

const KEY = /^(system|identity|inventory|monitor|tags)\/(.+)$/s

export function splitColumn(column: string): { scope: string; name: string } {
  const [, scope = '', name = ''] = KEY.exec(column) ?? []
  return { scope, name }
}

/** The name of the attribute, with its scope if another column has the same name. */
export function columnLabel(column: string, among: readonly string[] = []): string {
  const { name } = splitColumn(column)
  const isAmbiguous = among.some((other) => other !== column && splitColumn(other).name === name)
  return LABELS[column] ?? (isAmbiguous ? column : name)
}

/** Undefined: none. Other clients may have stored anything. */
function storedColumns(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined
  const valid = value.filter((one): one is string => typeof one === 'string' && KEY.test(one))
  return [...new Set(valid)].slice(0, MAX_COLUMNS)
}

/** The columns that the user has chosen, in their order, and a function to change them; undefined: the default. */
export function useColumns() {
  const { isLoading, value, save } = useUserSetting('muster_device_columns')
  const isVeryWide = useMediaQuery('(min-width: 120em)', false, { getInitialValueInEffect: false })
  return {
    ...{ isLoading, columns: storedColumns(value) ?? (isVeryWide ? WIDE_COLUMNS : DEFAULT_COLUMNS), error: save.error },
    change: (columns: readonly string[] | undefined) => save.mutate(columns),
  }
}
