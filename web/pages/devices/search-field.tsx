import { CloseButton, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'

type Props = { text: string; onChange: (text: string) => void }

/** Searches shortly after the last keystroke. It also follows changes of the address, such as the back button. */
export function SearchField({ text, onChange }: Props) {
  const [typed, setTyped] = useState(text)
  const submitted = useRef(text)
  const submit = useDebouncedCallback((next: string) => {
    submitted.current = next
    onChange(next)
  }, 300)
  useEffect(() => {
    if (text !== submitted.current) setTyped(text)
    submitted.current = text
  }, [text])
  const type = (next: string) => {
    setTyped(next)
    submit(next.trim())
  }
  return (
    <TextInput
      className="grow search-field"
      maxLength={200}
      aria-label="Search devices"
      placeholder="Search by name, ID or any attribute"
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={typed && <CloseButton size="sm" aria-label="Clear search" onClick={() => type('')} />}
      value={typed}
      onChange={(event) => type(event.currentTarget.value)}
    />
  )
}
