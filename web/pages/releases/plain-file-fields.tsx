import { SegmentedControl, SimpleGrid, Stack, TagsInput, Text, TextInput, type TextInputProps } from '@mantine/core'
import { problemOf } from '../../api/http.ts'
import { forDdi, type PlainFile } from '../../api/upload.ts'

type Props = {
  plain: PlainFile
  deviceTypes: string[]
  isLocked: boolean
  error: unknown
  onChange: (plain: PlainFile) => void
}

/** Fields by their names in errors of the server. */
const FIELDS: Record<string, keyof PlainFile> = {
  name: 'name',
  device_types: 'device_types',
  device_types_compatible: 'device_types',
  version: 'version',
  part: 'part',
  'args.dest_dir': 'dest_dir',
  'args.filename': 'filename',
}

const KINDS = [
  { value: 'mender', label: 'For Mender' },
  { value: 'ddi', label: 'For DDI' },
]

const ABOUT = {
  mender: 'The server creates an artifact from this file. Devices need the update module single-file to install it.',
  ddi: 'The file is kept as it is, for SWUpdate, RAUC, Zephyr and other clients of hawkBit.',
}

/** The fields for a file that is not an artifact of Mender. */
export function PlainFileFields({ plain, deviceTypes, isLocked, error, onChange }: Props) {
  const { field = '', sentence } = problemOf(error ?? '')
  const problem = (of: keyof PlainFile) => (error && FIELDS[field] === of ? { error: sentence } : {})
  const set = (change: Partial<PlainFile>) => onChange({ ...plain, ...change })
  /** What all fields with a text have. */
  const text = (member: TextMember): TextInputProps => ({
    ...{ value: plain[member], disabled: isLocked },
    onChange: ({ currentTarget }) => set({ [member]: currentTarget.value }),
    ...problem(member),
  })
  return (
    <>
      <Stack gap="2xs" align="flex-start">
        <SegmentedControl
          aria-label="Protocol of the devices"
          data={KINDS}
          disabled={isLocked}
          value={plain.dialect}
          onChange={(dialect) => onChange(dialect === 'ddi' ? forDdi(plain) : { ...plain, dialect: 'mender' })}
        />
        <Text size="sm" c="dimmed">
          {ABOUT[plain.dialect]}
        </Text>
      </Stack>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
        <TextInput label="Release name" placeholder="settings-1.0" required {...text('name')} />
        <TagsInput
          {...{ label: 'Device types', required: true, disabled: isLocked, data: deviceTypes, acceptValueOnBlur: true }}
          placeholder={plain.device_types.length === 0 ? 'raspberrypi4, then Enter' : ''}
          value={plain.device_types}
          onChange={(device_types) => set({ device_types })}
          {...problem('device_types')}
        />
        {plain.dialect === 'mender' && <MenderFields text={text} />}
        {plain.dialect === 'ddi' && (
          <TextInput label="Version" placeholder="As the file states it" {...text('version')} />
        )}
      </SimpleGrid>
      {plain.dialect === 'ddi' && <MoreOfDdi text={text} />}
    </>
  )
}

type TextMember = 'name' | 'dest_dir' | 'filename' | 'version' | 'part'
type TextProps = { text: (member: TextMember) => TextInputProps }

const MenderFields = ({ text }: TextProps) => (
  <>
    <TextInput label="Directory on the device" placeholder="/etc/app" required {...text('dest_dir')} />
    <TextInput label="File name on the device" required {...text('filename')} />
  </>
)

const MoreOfDdi = ({ text }: TextProps) => (
  <details className="expandable">
    <summary>More</summary>
    <TextInput
      mt="xs"
      label="Part"
      placeholder="bApp"
      description="What the file is a part of, for the client on the device. The default suits SWUpdate, RAUC and Zephyr."
      {...text('part')}
    />
  </details>
)
