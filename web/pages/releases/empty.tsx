import { Button, Stack, Text } from '@mantine/core'
import { IconPackage, IconSearch } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { MAKE_ARTIFACT } from '../../parts/commands.ts'
import { Command } from '../../parts/copyable.tsx'
import { Empty } from '../../parts/empty.tsx'

/** Explains how to create the first release. */
export const NoReleases = ({ action }: { action: ReactNode }) => (
  <Empty
    icon={IconPackage}
    title="No releases yet"
    action={
      <Stack gap="lg" align="center">
        {action}
        <Stack gap="xs">
          <Text size="sm">
            Or create an artifact with mender-artifact, for example from a script that the device runs:
          </Text>
          <Command lines={MAKE_ARTIFACT} />
        </Stack>
      </Stack>
    }
  >
    A release is software to deploy. Drop a file of Mender, SWUpdate or RAUC anywhere on this page, or any other file:
    the server creates an artifact from it.
  </Empty>
)

export const NoMatchingReleases = ({ onClear }: { onClear: () => void }) => (
  <Empty
    icon={IconSearch}
    title="No matching releases"
    action={
      <Button variant="default" onClick={onClear}>
        Show all releases
      </Button>
    }
  >
    Try fewer criteria or another search text.
  </Empty>
)
