import { Alert, Button, Group, List, Progress, Stack, Text } from '@mantine/core'
import { counted, whole } from '../../../src/texts/numbers.ts'
import type { DevicesChanged } from '../../api/devices.ts'
import { useDeviceNames } from '../../api/targets.ts'
import type { Action } from './bulk.ts'
import { ACTION_TEXTS } from './bulk-texts.ts'

type RunningProps = { progress: DevicesChanged; count: number; onStop: () => void }

/** The progress of the action. */
export function Running({ progress, count, onStop }: RunningProps) {
  const done = progress.changed + progress.failed.length
  return (
    <Stack>
      <Progress value={(100 * done) / Math.max(count, 1)} animated aria-label="Devices done" />
      <Group justify="space-between">
        <Text size="sm" className="numbers" aria-live="polite">
          {whole(done)} of {whole(count)}
        </Text>
        <Button variant="default" onClick={onStop}>
          Stop
        </Button>
      </Group>
    </Stack>
  )
}

type OutcomeProps = { action: Action; group: string; count: number; outcome: DevicesChanged; onClose: () => void }
const MAX_SHOWN = 20

/** The number of changed devices, and the failed ones with the reason. */
export function Outcome({ action, group, count, outcome: { changed, failed }, onClose }: OutcomeProps) {
  const names = useDeviceNames(failed.slice(0, MAX_SHOWN).map(({ id }) => id))
  const untouched = count - changed - failed.length
  return (
    <Stack>
      <Alert color={failed.length > 0 ? 'yellow' : 'teal'} variant="light" role="status">
        <Text size="sm" fw={600}>
          {counted(changed, 'device')} {ACTION_TEXTS[action].done}
          {action === 'group' || action === 'ungroup' ? ` ${group}` : ''}
          {failed.length > 0 ? `, ${whole(failed.length)} failed` : ''}.
        </Text>
        {untouched > 0 && (
          <Text size="sm">{counted(untouched, 'device')} not changed: stopped early, or no longer in the list.</Text>
        )}
      </Alert>
      {failed.length > 0 && (
        <List size="sm" spacing="2xs">
          {failed.slice(0, MAX_SHOWN).map(({ id, error }) => (
            <List.Item key={id}>
              <span className={names.data?.has(id) ? 'break-anywhere' : 'mono'} title={id}>
                {names.data?.get(id) ?? id}
              </span>
              : {error}
            </List.Item>
          ))}
          {failed.length > MAX_SHOWN && <List.Item>and {whole(failed.length - MAX_SHOWN)} more</List.Item>}
        </List>
      )}
      <Group justify="flex-end">
        <Button onClick={onClose} data-autofocus>
          Done
        </Button>
      </Group>
    </Stack>
  )
}
