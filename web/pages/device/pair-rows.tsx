import { ActionIcon, Group, TextInput } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'

export type Pair = { name: string; value: string }
type Field = { label: (number: number) => string; placeholder: string }

type Props<P extends Pair> = {
  pairs: readonly P[]
  name: Field & { problemOf: (pair: P) => string | undefined }
  value: Field
  /** Label of the button that removes a line. */
  remove: (number: number) => string
  maxLength?: number
  onChange: (pairs: P[]) => void
}

/** Names and values, a line each, to be edited and removed. */
export function PairRows<P extends Pair>({ pairs, name, value, remove, maxLength, onChange }: Props<P>) {
  const change = (at: number, changed: Partial<Pair>) =>
    onChange(pairs.map((pair, i) => (i === at ? { ...pair, ...changed } : pair)))
  const limit = maxLength === undefined ? {} : { maxLength }
  return pairs.map((pair, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: what is being written has no name yet
    <Group key={at} gap="xs" wrap="nowrap" align="flex-start">
      <TextInput
        aria-label={name.label(at + 1)}
        placeholder={name.placeholder}
        {...limit}
        value={pair.name}
        error={name.problemOf(pair)}
        onChange={(event) => change(at, { name: event.currentTarget.value })}
      />
      <TextInput
        className="grow"
        aria-label={value.label(at + 1)}
        placeholder={value.placeholder}
        {...limit}
        value={pair.value}
        onChange={(event) => change(at, { value: event.currentTarget.value })}
      />
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={remove(at + 1)}
        onClick={() => onChange(pairs.toSpliced(at, 1))}
      >
        <IconTrash size={18} aria-hidden />
      </ActionIcon>
    </Group>
  ))
}
