import { Anchor } from '@mantine/core'
import { IconMapOff } from '@tabler/icons-react'
import { Link } from 'wouter'
import { Empty } from '../parts/empty.tsx'
import { Page } from '../parts/page.tsx'

export default function NotFound() {
  return (
    <Page title="Nothing here">
      <Empty icon={<IconMapOff size={40} />} title="There is no such page">
        The address may be mistyped, or what was here is gone.{' '}
        <Anchor component={Link} href="/" underline="always">
          Go to the overview
        </Anchor>
      </Empty>
    </Page>
  )
}
