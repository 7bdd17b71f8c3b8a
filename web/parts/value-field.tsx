import { Autocomplete, NumberInput, TagsInput, TextInput } from '@mantine/core'
import { AUTH_STATUS_STYLES } from '../../src/texts/statuses.ts'
import { operatorOf } from '../../src/texts/terms.ts'
import { useGroups } from '../api/devices.ts'
import type { Term } from '../api/filters.ts'
import { DIALECT_NAMES } from './dialects.ts'
import { toScalar, valuesOf } from './operators.ts'

type ValueProps = {
  term: Term
  numeric: boolean
  error: string | undefined
  onChange: (value: Term['value']) => void
}

/** The input for a value, depending on the operator and the type. */
export function ValueField({ term, numeric, error, onChange }: ValueProps) {
  const suggested = useSuggestions(term)
  const { takes } = operatorOf(term)
  const [text = ''] = valuesOf(term.value)
  if (takes === 'list')
    return (
      <TagsInput
        label="Values"
        placeholder="Press Enter after each"
        data={suggested}
        value={valuesOf(term.value)}
        error={error}
        acceptValueOnBlur
        onChange={(values) => onChange(values.map((one) => toScalar(one, numeric)) as Term['value'])}
      />
    )
  if (takes === 'pattern')
    return (
      <TextInput
        className="term-wide"
        label="Pattern"
        placeholder="^2\.[0-9]+$"
        classNames={{ input: 'mono' }}
        value={text}
        error={error}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    )
  if (takes === 'version')
    return (
      <TextInput
        className="term-wide"
        label="Version"
        placeholder="2.4.0"
        value={text}
        error={error}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    )
  if (numeric)
    return (
      <NumberInput
        label="Value"
        value={term.value === '' ? '' : Number(text)}
        error={error}
        onChange={(value) => onChange(value)}
      />
    )
  return <Autocomplete label="Value" data={suggested} value={text} error={error} onChange={onChange} />
}

/** Suggestions for attributes with known values. */
function useSuggestions({ scope, attribute }: Term): string[] {
  const { data: groups = [] } = useGroups()
  if (scope === 'identity' && attribute === 'status') return Object.keys(AUTH_STATUS_STYLES)
  if (scope === 'system' && attribute === 'dialect') return Object.keys(DIALECT_NAMES)
  return scope === 'system' && attribute === 'group' ? groups : []
}
