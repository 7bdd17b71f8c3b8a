import { Fieldset, Stack, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { type DownloadLimits, saveDownloadLimits, useDownloadLimitsChanged } from '../../../api/download-limits.ts'
import { useKnownAttributes } from '../../../api/filters.ts'
import { problemOf } from '../../../api/http.ts'
import { AttributeField } from '../../../parts/attribute-field.tsx'
import { Form } from '../../../parts/form.tsx'
import { AmountField } from '../../../parts/rollout/amount-field.tsx'
import { DurationField } from '../../../parts/rollout/duration-field.tsx'
import { WindowRows, ZoneFields } from '../../../parts/rollout/schedule-editor.tsx'
import '../../../parts/rollout/rollout.css'
import { Section } from '../../../parts/section.tsx'
import { type Draft, toDraft, toLimits } from './draft.ts'

type Props = { stored: DownloadLimits; mayChange: boolean }

export function DownloadsForm({ stored, mayChange }: Props) {
  // undefined: not edited
  const [draft, setDraft] = useState<Draft>()
  const onChanged = useDownloadLimitsChanged()
  const save = useMutation({
    mutationFn: saveDownloadLimits,
    onSuccess: async () => {
      await onChanged()
      setDraft(undefined)
      notifications.show({ message: 'The limits were saved.' })
    },
  })
  const shown = draft ?? toDraft(stored)
  const { field, sentence } = save.error ? problemOf(save.error) : { field: undefined, sentence: '' }
  const set = (change: Partial<Draft>) => {
    save.reset()
    setDraft({ ...shown, ...change })
  }
  const problems = field === undefined ? {} : { [field]: `${sentence}.` }
  const fields = <Fields {...{ shown, set, problems }} />
  return (
    <Section
      title="Download limits"
      about="For all deployments of the tenant. They apply to offers: a device that has one keeps it."
    >
      {mayChange ? (
        <Form
          action="Save limits"
          problem={save.error && !isShown(field) ? sentence : undefined}
          is_pending={save.isPending}
          disabled={draft === undefined}
          onSubmit={() => save.mutate(toLimits(shown))}
        >
          {fields}
        </Form>
      ) : (
        <Fieldset disabled variant="unstyled" className="form">
          {fields}
        </Fieldset>
      )}
    </Section>
  )
}

/** Whether a field of the form shows its problem. */
const isShown = (field: string | undefined): boolean =>
  /^(quiet_hours\.(windows|time_zone)|max_downloads|max_bytes_per_second|by_attribute|download_timeout_minutes)/.test(
    field ?? '',
  )

type FieldsProps = {
  shown: Draft
  set: (change: Partial<Draft>) => void
  problems: Readonly<Record<string, string>>
}

const Fields = (props: FieldsProps) => (
  <Stack gap="lg">
    <QuietHours {...props} />
    <ForAll {...props} />
    <ByAttribute {...props} />
  </Stack>
)

const Part = ({ title, about, children }: { title: string; about: string; children: ReactNode }) => (
  <Stack gap="xs" role="group" aria-label={title}>
    <div>
      <Title order={3} size="sm">
        {title}
      </Title>
      <Text size="sm" c="dimmed">
        {about}
      </Text>
    </div>
    {children}
  </Stack>
)

function QuietHours({ shown: { quiet }, set, problems }: FieldsProps) {
  const own = Object.fromEntries(
    Object.entries(problems).map(([field, problem]) => [field.replace(/^quiet_hours\./, ''), problem]),
  )
  return (
    <Part
      title="Quiet hours"
      about="No device is offered an update then, and no further attempt begins. Urgent deployments are exempt."
    >
      <WindowRows
        {...{ add: 'Add quiet hours', of: quiet.windows, problems: own, initial: { from: '07:00', to: '19:00' } }}
        onChange={(windows) => set({ quiet: { ...quiet, windows } })}
      />
      {quiet.windows.length > 0 && (
        <ZoneFields
          {...{ zone: quiet.zone, attribute: quiet.attribute, problems: own }}
          onChange={(change) => set({ quiet: { ...quiet, ...change } })}
        />
      )}
    </Part>
  )
}

const ForAll = ({ shown, set, problems }: FieldsProps) => (
  <Part
    title="For all devices"
    about="A device counts from its offer until it reports that it has the update, or is silent for too long."
  >
    <div className="rule-fields">
      <AmountField
        label="Downloads at a time"
        placeholder="No limit"
        value={shown.max_downloads}
        error={problems.max_downloads}
        onChange={(max_downloads) => set({ max_downloads })}
      />
      <RateField
        value={shown.kilobytes}
        error={problems.max_bytes_per_second}
        onChange={(kilobytes) => set({ kilobytes })}
      />
      <DurationField
        label="Silent after"
        value={shown.timeout}
        error={problems.download_timeout_minutes}
        onChange={(timeout) => set({ timeout })}
      />
    </div>
  </Part>
)

function ByAttribute({ shown: { attribute, each }, set, problems }: FieldsProps) {
  const { data: known = [] } = useKnownAttributes()
  return (
    <Part
      title="For each value of an attribute"
      about="For example for each site behind one uplink. Devices without the attribute have only the limits for all."
    >
      <AttributeField
        term={{ ...attribute, type: '$exists', value: true }}
        known={known}
        error={problems['by_attribute.attribute'] ?? problems['by_attribute.scope'] ?? problems.by_attribute}
        onChange={({ scope, attribute: name }) => set({ attribute: { scope, attribute: name } })}
      />
      <div className="rule-fields">
        <AmountField
          label="Downloads at a time of each"
          placeholder="No limit"
          value={each.max_downloads}
          error={problems['by_attribute.max_downloads']}
          onChange={(max_downloads) => set({ each: { ...each, max_downloads } })}
        />
        <RateField
          of="of each"
          value={each.kilobytes}
          error={problems['by_attribute.max_bytes_per_second']}
          onChange={(kilobytes) => set({ each: { ...each, kilobytes } })}
        />
      </div>
    </Part>
  )
}

type RateProps = Pick<Parameters<typeof AmountField>[0], 'value' | 'error' | 'onChange'> & { of?: string }

const RateField = ({ of, ...props }: RateProps) => (
  <AmountField
    label={`Kilobytes per second${of ? ` ${of}` : ''}`}
    placeholder="No limit"
    allowDecimal
    decimalScale={3}
    {...props}
  />
)
