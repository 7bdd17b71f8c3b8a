import { Checkbox, NumberInput, Stack } from '@mantine/core'
import { useSession } from '../../api/session.ts'
import type { Draft } from './draft.ts'

type Props = { draft: Draft; problems: Readonly<Record<string, string>>; onChange: (changes: Partial<Draft>) => void }

/** Options that most deployments do not change. */
export function Options({ draft: { attempts, max_devices, force, target }, problems, onChange }: Props) {
  const { features, plan } = useSession()
  return (
    <Stack gap="sm">
      <NumberInput
        label="Attempts"
        description={
          features.retries
            ? 'How many times a device may try before it counts as failed.'
            : `Your plan (${plan}) allows one attempt only.`
        }
        disabled={!features.retries}
        min={1}
        clampBehavior="none"
        allowDecimal={false}
        value={attempts}
        error={problems.retries}
        onChange={(value) => onChange({ attempts: value === '' ? '' : Number(value) })}
      />
      {target.kind === 'filter' && (
        <NumberInput
          label="Device limit"
          description="Stops after this many devices. Without a limit, the deployment runs until it is aborted."
          placeholder="No limit"
          suffix=" devices"
          min={1}
          clampBehavior="none"
          allowDecimal={false}
          thousandSeparator=","
          value={max_devices}
          error={problems.max_devices}
          onChange={(value) => onChange({ max_devices: value === '' ? '' : Number(value) })}
        />
      )}
      <Checkbox
        label="Force installation, also on devices that already run the release"
        checked={force}
        onChange={({ currentTarget: { checked } }) => onChange({ force: checked })}
      />
    </Stack>
  )
}
