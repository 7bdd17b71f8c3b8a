import { Modal, Stack, Text } from '@mantine/core'
import { Link } from 'wouter'
import { usePreferences } from '../../api/preferences.ts'
import { COMMAND_KEY, Keys } from './keys.tsx'
import type { Shortcut } from './shortcuts.ts'

type Props = { shortcuts: readonly Shortcut[]; onClose: () => void }

/** All keys. Loaded when it is opened. */
export default function ShortcutList({ shortcuts, onClose }: Props) {
  const { single_keys } = usePreferences().preferences
  return (
    <Modal opened title="Keyboard shortcuts" onClose={onClose}>
      <Stack gap="md">
        <dl className="shortcuts">
          <Row keys={[COMMAND_KEY]} label="Find or do anything" />
          {single_keys && shortcuts.map(({ keys, label }) => <Row key={label} keys={keys} label={label} />)}
        </dl>
        <Text size="sm" c="dimmed">
          {single_keys
            ? 'Single keys work outside of text fields. They can be switched off in '
            : 'Single keys are switched off. They can be switched on in '}
          <Link href="/settings/account" onClick={onClose}>
            your account
          </Link>
          .
        </Text>
      </Stack>
    </Modal>
  )
}

const Row = ({ keys, label }: { keys: readonly string[]; label: string }) => (
  <>
    <dt>
      <Keys of={keys} />
    </dt>
    <dd>{label}</dd>
  </>
)
