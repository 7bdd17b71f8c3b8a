import { SimpleGrid, TagsInput, Text, TextInput } from '@mantine/core'
import { problemOf } from '../../api/http.ts'
import type { PlainFile } from '../../api/upload.ts'

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
  'args.dest_dir': 'dest_dir',
  'args.filename': 'filename',
}

/** The fields for a file that is not an artifact. */
export function PlainFileFields({ plain, deviceTypes, isLocked, error, onChange }: Props) {
  const { field = '', sentence } = problemOf(error ?? '')
  const problem = (of: keyof PlainFile) => (error && FIELDS[field] === of ? { error: sentence } : {})
  const set = (change: Partial<PlainFile>) => onChange({ ...plain, ...change })
  return (
    <>
      <Text size="sm" c="dimmed">
        The server creates an artifact from this file. Devices need the update module single-file to install it.
      </Text>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
        <TextInput
          {...{ label: 'Release name', placeholder: 'settings-1.0', required: true, disabled: isLocked }}
          value={plain.name}
          onChange={({ currentTarget }) => set({ name: currentTarget.value })}
          {...problem('name')}
        />
        <TagsInput
          {...{ label: 'Device types', required: true, disabled: isLocked, data: deviceTypes, acceptValueOnBlur: true }}
          placeholder={plain.device_types.length === 0 ? 'raspberrypi4, then Enter' : ''}
          value={plain.device_types}
          onChange={(device_types) => set({ device_types })}
          {...problem('device_types')}
        />
        <TextInput
          {...{ label: 'Directory on the device', placeholder: '/etc/app', required: true, disabled: isLocked }}
          value={plain.dest_dir}
          onChange={({ currentTarget }) => set({ dest_dir: currentTarget.value })}
          {...problem('dest_dir')}
        />
        <TextInput
          {...{ label: 'File name on the device', required: true, disabled: isLocked }}
          value={plain.filename}
          onChange={({ currentTarget }) => set({ filename: currentTarget.value })}
          {...problem('filename')}
        />
      </SimpleGrid>
    </>
  )
}
