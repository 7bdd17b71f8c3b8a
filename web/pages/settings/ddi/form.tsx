import { Fieldset, NumberInput, SimpleGrid, Stack, Switch, TagsInput, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { type DdiSettings, saveDdiSettings, useDdiSettingsChanged } from '../../../api/ddi.ts'
import { errorsOf } from '../../../parts/field-errors.ts'
import { Form } from '../../../parts/form.tsx'
import { Section } from '../../../parts/section.tsx'

type Props = { stored: DdiSettings; mayChange: boolean }

/** Each field has the name of the member of the settings. */
const FIELDS = {
  ...{ certificate_issuers: 'certificate_issuers', device_type_attributes: 'device_type_attributes' },
  ...{ polling_interval_s: 'polling_interval_s', busy_polling_interval_s: 'busy_polling_interval_s' },
  ...{ quiet_polling_interval_s: 'quiet_polling_interval_s', default_device_type: 'default_device_type' },
} as const

export function DdiForm({ stored, mayChange }: Props) {
  // undefined: not edited
  const [draft, setDraft] = useState<Draft>()
  const onChanged = useDdiSettingsChanged()
  const save = useMutation({
    mutationFn: saveDdiSettings,
    onSuccess: async () => {
      await onChanged()
      setDraft(undefined)
      notifications.show({ message: 'The settings were saved.' })
    },
  })
  const shown: Draft = draft ?? { default_device_type: '', quiet_polling_interval_s: '', ...stored }
  const set = (change: Partial<Draft>) => {
    save.reset()
    setDraft({ ...shown, ...change })
  }
  const { form, ...errors } = errorsOf(save.error, FIELDS)
  const fields = { shown, set, errors }
  return (
    <Section
      title="Direct Device Integration"
      about="The protocol of hawkBit. SWUpdate, RAUC, Zephyr and other clients use it. Devices that speak it are in the same lists, deployments and groups as those with a Mender client."
    >
      {mayChange ? (
        <Form
          action="Save settings"
          problem={form}
          is_pending={save.isPending}
          disabled={draft === undefined}
          onSubmit={() => save.mutate(toSettings(shown))}
        >
          <Fields {...fields} />
        </Form>
      ) : (
        <Fieldset disabled variant="unstyled" className="form">
          <Fields {...fields} />
        </Fieldset>
      )}
    </Section>
  )
}

type Draft = Required<Omit<DdiSettings, 'quiet_polling_interval_s'>> & { quiet_polling_interval_s: number | '' }

const toSettings = ({ default_device_type, quiet_polling_interval_s, ...others }: Draft): DdiSettings => ({
  ...others,
  ...(quiet_polling_interval_s !== '' && { quiet_polling_interval_s }),
  ...(default_device_type.trim() && { default_device_type: default_device_type.trim() }),
})

type FieldsProps = {
  shown: Draft
  set: (change: Partial<Draft>) => void
  errors: Partial<Record<keyof typeof FIELDS, string>>
}

const Fields = (props: FieldsProps) => (
  <Stack gap="md">
    <Authentication {...props} />
    <Intervals {...props} />
    <DeviceType {...props} />
  </Stack>
)

const Authentication = ({ shown, set, errors }: FieldsProps) => (
  <>
    <Switch
      label="Target tokens"
      description="A device authenticates with a token of its own."
      checked={shown.target_token}
      onChange={({ currentTarget: { checked } }) => set({ target_token: checked })}
    />
    <Switch
      label="Gateway tokens"
      description="Devices authenticate with a token of the tenant. Unknown devices appear in the list at their first request."
      checked={shown.gateway_token}
      onChange={({ currentTarget: { checked } }) => set({ gateway_token: checked })}
    />
    <TagsInput
      label="Accepted certificate issuers"
      description="A trusted proxy checks the client certificate of a device and states its issuer. Press Enter after each."
      placeholder={shown.certificate_issuers.length === 0 ? 'None' : ''}
      acceptValueOnBlur
      value={shown.certificate_issuers}
      error={errors.certificate_issuers}
      onChange={(certificate_issuers) => set({ certificate_issuers })}
    />
    <Switch
      label="Accept new devices at once"
      description="Devices with a gateway token or a client certificate are accepted at their first request. Otherwise they are pending until a user accepts them."
      checked={shown.accepts_devices}
      onChange={({ currentTarget: { checked } }) => set({ accepts_devices: checked })}
    />
  </>
)

const Intervals = ({ shown, set, errors }: FieldsProps) => (
  <SimpleGrid cols={{ base: 1, sm: 2 }}>
    <NumberInput
      label="Polling interval"
      description="On average, in seconds."
      {...INTERVAL}
      value={shown.polling_interval_s}
      error={errors.polling_interval_s}
      onChange={(seconds) => set({ polling_interval_s: Number(seconds) })}
    />
    <NumberInput
      label="Polling interval during updates"
      description="In seconds, if that is shorter."
      {...INTERVAL}
      value={shown.busy_polling_interval_s}
      error={errors.busy_polling_interval_s}
      onChange={(seconds) => set({ busy_polling_interval_s: Number(seconds) })}
    />
    <NumberInput
      label="Polling interval in quiet hours"
      description="In seconds, if that is longer. Empty: as at other times."
      {...{ ...INTERVAL, required: false }}
      value={shown.quiet_polling_interval_s}
      error={errors.quiet_polling_interval_s}
      onChange={(seconds) => set({ quiet_polling_interval_s: seconds === '' ? '' : Number(seconds) })}
    />
  </SimpleGrid>
)

/** The limits are those of the server. */
const INTERVAL = { required: true, min: 5, max: 86_399, allowDecimal: false, suffix: ' s' } as const

const DeviceType = ({ shown, set, errors }: FieldsProps) => (
  <>
    <TagsInput
      label="Attributes with the device type"
      description="The first of these that a device reports is its device type, which selects the artifact."
      acceptValueOnBlur
      value={shown.device_type_attributes}
      error={errors.device_type_attributes}
      onChange={(device_type_attributes) => set({ device_type_attributes })}
    />
    <TextInput
      label="Default device type"
      description="For devices that report none of these attributes. Without a default, they are offered no updates."
      value={shown.default_device_type}
      error={errors.default_device_type}
      onChange={({ currentTarget: { value } }) => set({ default_device_type: value })}
    />
  </>
)
