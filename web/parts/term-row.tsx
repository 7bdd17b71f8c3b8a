import { ActionIcon, Select } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { OPERATORS, operatorOf } from '../../src/texts/terms.ts'
import { type Term, type TermProblem, useKnownAttributes } from '../api/filters.ts'
import { AttributeField } from './attribute-field.tsx'
import { withOperator } from './operators.ts'
import { ValueField } from './value-field.tsx'

type AttributeKey = Pick<Term, 'scope' | 'attribute'>
type Props = {
  term: Term
  /** Counts from 1, for the labels of the fields; in a group after its number: `2.1`. */
  number: string
  problem?: TermProblem | undefined
  onChange: (term: Term) => void
  onRemove: () => void
}

const VALUE_TYPES = [
  { value: 'text', label: 'Text' },
  { value: 'number', label: 'Number' },
]

/** A condition: an attribute, an operator and a value. */
export function TermRow({ term, number, problem, onChange, onRemove }: Props) {
  const [numeric, setNumeric] = useState(() => isNumeric(term))
  const { data: known = [] } = useKnownAttributes()
  const operator = operatorOf(term)
  const at = (field: string) => (problem?.field === field ? problem.sentence : undefined)
  const changeAttribute = (key: AttributeKey) => {
    const found = known.find((one) => one.scope === key.scope && one.name === key.attribute)
    const isNumber = found?.numeric ?? numeric
    setNumeric(isNumber)
    onChange(withOperator({ ...term, ...key }, keyOfTerm(term), isNumber))
  }
  const changeType = (isNumber: boolean) => {
    setNumeric(isNumber)
    onChange(withOperator(term, keyOfTerm(term), isNumber))
  }
  return (
    <fieldset className="term" aria-label={`Condition ${number}`}>
      <AttributeField term={term} known={known} error={at('attribute') ?? at('scope')} onChange={changeAttribute} />
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
          label="Type"
          data={VALUE_TYPES}
          value={numeric ? 'number' : 'text'}
          allowDeselect={false}
          onChange={(type) => changeType(type === 'number')}
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
