import { Autocomplete } from '@mantine/core'
import { useState } from 'react'
import type { KnownAttribute, Term } from '../api/filters.ts'

type Place = Pick<Term, 'scope' | 'attribute'>
type AttributeProps = {
  term: Term
  known: readonly KnownAttribute[]
  error: string | undefined
  onChange: (place: Place) => void
}

/** Free text, with the attributes that devices have suggested; the scope may be left out. */
export function AttributeField({ term, known, error, onChange }: AttributeProps) {
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
