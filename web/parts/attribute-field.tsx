import { Autocomplete } from '@mantine/core'
import { useState } from 'react'
import type { KnownAttribute, Term } from '../api/filters.ts'

type AttributeKey = Pick<Term, 'scope' | 'attribute'>
type AttributeProps = {
  term: Term
  known: readonly KnownAttribute[]
  error: string | undefined
  onChange: (key: AttributeKey) => void
}

/** An attribute as free text, with suggestions from the devices. The scope may be omitted. */
export function AttributeField({ term, known, error, onChange }: AttributeProps) {
  const [text, setText] = useState(keyText(term))
  const read = parseKey(text, known)
  const isSame = read.attribute === term.attribute && (term.attribute === '' || read.scope === term.scope)
  return (
    <Autocomplete
      label="Attribute"
      placeholder="inventory/device_type"
      data={[...new Set(known.map(({ scope, name }) => `${scope}/${name}`))]}
      value={isSame ? text : keyText(term)}
      error={error}
      limit={50}
      maxDropdownHeight={320}
      onChange={(next) => {
        setText(next)
        onChange(parseKey(next, known))
      }}
      onBlur={() => setText(keyText(term))}
    />
  )
}

const SCOPED = /^(system|identity|inventory|monitor|tags)\/(.*)$/s
const keyText = ({ scope, attribute }: AttributeKey) => (attribute === '' ? '' : `${scope}/${attribute}`)

function parseKey(text: string, known: readonly KnownAttribute[]): AttributeKey {
  const [, scope, attribute] = SCOPED.exec(text) ?? []
  if (scope !== undefined && attribute !== undefined) return { scope, attribute }
  return { scope: known.find(({ name }) => name === text)?.scope ?? 'inventory', attribute: text }
}
