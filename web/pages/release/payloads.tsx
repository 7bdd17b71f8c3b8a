import { Badge, Group, Stack, Text, Title } from '@mantine/core'
import { bytes } from '../../../src/texts/numbers.ts'
import type { Artifact } from '../../api/releases.ts'
import { Copy } from '../../parts/copyable.tsx'

/** The payloads of the artifact, with the update type of each. */
export function Payloads({ updates }: { updates: Artifact['updates'] }) {
  return (
    <Stack gap="sm">
      <Title order={4} size="sm">
        {updates.length === 1 ? 'Payload' : `${updates.length} payloads`}
      </Title>
      {updates.map(({ type_info, files, metadata }, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: payloads are identified by their order, which never changes
        <Stack key={i} gap="xs">
          <Group gap="xs">
            <Badge variant="default" tt="none">
              {type_info.type ?? 'empty'}
            </Badge>
            {files.length === 0 && (
              <Text size="sm" c="dimmed">
                no files
              </Text>
            )}
          </Group>
          {files.map(({ name, size, checksum }) => (
            <div key={name} className="file">
              <Text size="sm" fw={500} className="break-anywhere">
                {name}
              </Text>
              <Text size="sm" className="numbers nowrap">
                {bytes(size)}
              </Text>
              <Group gap={4} wrap="nowrap" className="checksum">
                <Text size="xs" c="dimmed" className="mono">
                  sha256 {checksum}
                </Text>
                <Copy text={checksum} what={`checksum of ${name}`} />
              </Group>
            </div>
          ))}
          {metadata && Object.keys(metadata).length > 0 && (
            <pre className="mono meta-data">{JSON.stringify(metadata, null, 2)}</pre>
          )}
        </Stack>
      ))}
    </Stack>
  )
}
