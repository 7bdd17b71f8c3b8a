import { Badge, Group, Stack, Text, Title } from '@mantine/core'
import { bytes } from '../../../src/texts/numbers.ts'
import type { Artifact } from '../../api/releases.ts'
import { Copy } from '../../parts/copyable.tsx'
import { Facts } from '../../parts/facts.tsx'

/** The payloads of the artifact, with the update type of each. */
export function Payloads({ updates, isMender }: { updates: Artifact['updates']; isMender: boolean }) {
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
          {files.map(({ name, size, checksum, sha1, md5 }) => (
            <div key={name} className="file">
              <Text size="sm" fw={500} className="break-anywhere">
                {name}
              </Text>
              <Text size="sm" className="numbers nowrap">
                {bytes(size)}
              </Text>
              <Hash name="sha256" hash={checksum} what={`checksum of ${name}`} />
              {sha1 && <Hash name="sha1" hash={sha1} what={`SHA-1 of ${name}`} />}
              {md5 && <Hash name="md5" hash={md5} what={`MD5 of ${name}`} />}
            </div>
          ))}
          {metadata && !isMender && <FileFacts metadata={metadata} />}
          {metadata && isMender && Object.keys(metadata).length > 0 && (
            <pre className="mono meta-data">{JSON.stringify(metadata, null, 2)}</pre>
          )}
        </Stack>
      ))}
    </Stack>
  )
}

/** What was read from a file for DDI, or entered at its upload. */
const FileFacts = ({ metadata }: { metadata: Record<string, unknown> }) => (
  <Facts
    of={[...new Set([...Object.keys(LABELS), ...Object.keys(metadata)])]
      .filter((name) => metadata[name] !== undefined)
      .map((name) => [LABELS[name] ?? name, textOf(metadata[name])])}
  />
)

/** In the order of the page. */
const LABELS: Readonly<Record<string, string>> = {
  ...{ version: 'Version', part: 'Part', description: 'Description', build: 'Build' },
  ...{ hardware_compatibility: 'Hardware', compatible: 'Compatible', format: 'Bundle format' },
  ...{ images: 'Images', files: 'Files', scripts: 'Scripts', slots: 'Slots' },
}

/** `rootfs: rootfs.ext4, boot: boot.vfat` */
const textOf = (value: unknown): string =>
  [value]
    .flat()
    .map((one) => (typeof one === 'object' && one !== null ? Object.values(one).join(': ') : String(one)))
    .join(', ')

type HashProps = { name: string; hash: string; what: string }

const Hash = ({ name, hash, what }: HashProps) => (
  <Group gap="2xs" wrap="nowrap" className="checksum">
    <Text size="xs" c="dimmed" className="mono">
      {name} {hash}
    </Text>
    <Copy text={hash} what={what} />
  </Group>
)
