import { Anchor } from '@mantine/core'
import { IconMapOff } from '@tabler/icons-react'
import { Link } from 'wouter'
import { Empty } from '../parts/empty.tsx'
import { Page } from '../parts/page.tsx'

export default function NotFound() {
  return (
    <Page title="Page not found">
      <Empty icon={IconMapOff} title="This page does not exist">
        The address may be mistyped, or the item may have been deleted.{' '}
        <Anchor component={Link} href="/" underline="always">
          Go to the overview
        </Anchor>
      </Empty>
    </Page>
  )
}
