import { Checkbox, NumberInput, Stack } from '@mantine/core'
import { useSession } from '../../api/session.ts'
import { attemptsWords } from '../../parts/deployment-words.ts'
import type { Draft } from './draft.ts'

type Props = { draft: Draft; problems: Readonly<Record<string, string>>; onChange: (changes: Partial<Draft>) => void }

/** What most deployments leave as it is. */
export function Options({ draft: { attempts, max_devices, force, target }, problems, onChange }: Props) {
  const { features, plan } = useSession()
  return (
    <Stack gap="sm">
      <NumberInput
        label="Attempts"
        description={
          features.retries
            ? `Tries each device ${attemptsWords(attempts || 1)}; only then it has failed.`
            : `More than one attempt is not in your plan (${plan}).`
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
          label="Ends after"
          description="So many devices get it at the most. Empty: no limit, it ends when it is aborted."
          placeholder="no limit"
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
        label="Install also where the release runs already"
        checked={force}
        onChange={({ currentTarget: { checked } }) => onChange({ force: checked })}
      />
    </Stack>
  )
}
