import { ActionIcon, Autocomplete, NumberInput, Select, TagsInput, TextInput } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { useGroups } from '../api/devices.ts'
import { type KnownAttribute, type Term, type TermProblem, useKnownAttributes } from '../api/filters.ts'
import { OPERATORS, operatorOf, toKind, valuesOf, withOperator } from './operators.ts'
import { AUTH_LOOK } from './status.ts'

type Place = Pick<Term, 'scope' | 'attribute'>
type Props = {
  term: Term
  /** Counted from 1, for the names of the fields. */
  number: number
  problem?: TermProblem | undefined
  onChange: (term: Term) => void
  onRemove: () => void
}

const KINDS = [
  { value: 'text', label: 'Text' },
  { value: 'number', label: 'Number' },
]

/** One condition: an attribute, an operator in words, and the value that it takes. */
export function TermRow({ term, number, problem, onChange, onRemove }: Props) {
  const [numeric, setNumeric] = useState(() => isNumeric(term))
  const { data: known = [] } = useKnownAttributes()
  const operator = operatorOf(term)
  const at = (field: string) => (problem?.field === field ? problem.sentence : undefined)
  const take = (place: Place) => {
    const found = known.find((one) => one.scope === place.scope && one.name === place.attribute)
    const kind = found?.numeric ?? numeric
    setNumeric(kind)
    onChange(withOperator({ ...term, ...place }, keyOfTerm(term), kind))
  }
  const change = (kind: boolean) => {
    setNumeric(kind)
    onChange(withOperator(term, keyOfTerm(term), kind))
  }
  return (
    <fieldset className="term" aria-label={`Condition ${number}`}>
      <AttributeField term={term} known={known} error={at('attribute') ?? at('scope')} onChange={take} />
      <Select
        label="Operator"
        data={OPERATORS.map(({ key, label }) => ({ value: key, label }))}
        value={operator.key}
        allowDeselect={false}
        maxDropdownHeight={420}
        error={at('type')}
        onChange={(key) => key && onChange(withOperator(term, key, numeric))}
      />
      {operator.takes === 'value' || operator.takes === 'list' ? (
        <Select
          label="Kind"
          data={KINDS}
          value={numeric ? 'number' : 'text'}
          allowDeselect={false}
          onChange={(kind) => change(kind === 'number')}
        />
      ) : null}
      {operator.takes !== 'nothing' && (
        <ValueField
          term={term}
          numeric={numeric}
          error={at('value')}
          onChange={(value) => onChange({ ...term, value })}
        />
      )}
      <ActionIcon
        className="term-remove"
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={`Remove condition ${number}`}
        onClick={onRemove}
      >
        <IconTrash size={18} aria-hidden />
      </ActionIcon>
    </fieldset>
  )
}

const keyOfTerm = (term: Term) => operatorOf(term).key
const isNumeric = ({ value }: Term) => [value].flat().some((one) => typeof one === 'number')

type AttributeProps = {
  term: Term
  known: readonly KnownAttribute[]
  error: string | undefined
  onChange: (place: Place) => void
}

/** Free text, with the attributes that devices have suggested; the scope may be left out. */
function AttributeField({ term, known, error, onChange }: AttributeProps) {
  const [text, setText] = useState(placeText(term))
  const read = placeIn(text, known)
  const isSame = read.attribute === term.attribute && (term.attribute === '' || read.scope === term.scope)
  return (
    <Autocomplete
      label="Attribute"
      placeholder="inventory/device_type"
      data={[...new Set(known.map(({ scope, name }) => `${scope}/${name}`))]}
      value={isSame ? text : placeText(term)}
      error={error}
      limit={50}
      maxDropdownHeight={320}
      onChange={(next) => {
        setText(next)
        onChange(placeIn(next, known))
      }}
      onBlur={() => setText(placeText(term))}
    />
  )
}

const SCOPED = /^(system|identity|inventory|monitor|tags)\/(.*)$/s
const placeText = ({ scope, attribute }: Place) => (attribute === '' ? '' : `${scope}/${attribute}`)

function placeIn(text: string, known: readonly KnownAttribute[]): Place {
  const [, scope, attribute] = SCOPED.exec(text) ?? []
  if (scope !== undefined && attribute !== undefined) return { scope, attribute }
  return { scope: known.find(({ name }) => name === text)?.scope ?? 'inventory', attribute: text }
}

type ValueProps = {
  term: Term
  numeric: boolean
  error: string | undefined
  onChange: (value: Term['value']) => void
}

function ValueField({ term, numeric, error, onChange }: ValueProps) {
  const suggested = useSuggestions(term)
  const { takes } = operatorOf(term)
  const [text = ''] = valuesOf(term.value)
  if (takes === 'list')
    return (
      <TagsInput
        label="Values"
        placeholder="Enter after each"
        data={suggested}
        value={valuesOf(term.value)}
        error={error}
        acceptValueOnBlur
        onChange={(values) => onChange(values.map((one) => toKind(one, numeric)) as Term['value'])}
      />
    )
  if (takes === 'pattern')
    return (
      <TextInput
        label="Pattern"
        placeholder="^2\.[0-9]+$"
        classNames={{ input: 'mono' }}
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

/** The values that are known beforehand. */
function useSuggestions({ scope, attribute }: Place): string[] {
  const { data: groups = [] } = useGroups()
  if (scope === 'identity' && attribute === 'status') return Object.keys(AUTH_LOOK)
  return scope === 'system' && attribute === 'group' ? groups : []
}
