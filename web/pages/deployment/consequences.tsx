import { List } from '@mantine/core'

/** What an action will do, one sentence each. */
export const Consequences = ({ of }: { of: readonly string[] }) => (
  <List size="sm" spacing="2xs">
    {of.map((sentence) => (
      <List.Item key={sentence}>{sentence}</List.Item>
    ))}
  </List>
)
