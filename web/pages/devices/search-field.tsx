import { CloseButton, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'

type Props = { text: string; onChange: (text: string) => void }

/** Searches a moment after the last key, and follows the address when that changes by itself. */
export function SearchField({ text, onChange }: Props) {
  const [typed, setTyped] = useState(text)
  const said = useRef(text)
  const say = useDebouncedCallback((next: string) => {
    said.current = next
    onChange(next)
  }, 300)
  useEffect(() => {
    if (text !== said.current) setTyped(text)
    said.current = text
  }, [text])
  const type = (next: string) => {
    setTyped(next)
    say(next.trim())
  }
  return (
    <TextInput
      className="grow"
      maxLength={200}
      aria-label="Search devices"
      placeholder="Search by ID, identity or any attribute"
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={typed && <CloseButton size="sm" aria-label="Clear search" onClick={() => type('')} />}
      value={typed}
      onChange={(event) => type(event.currentTarget.value)}
    />
  )
}
