import { Button } from '@mantine/core'
import { IconList } from '@tabler/icons-react'
import { Empty } from './empty.tsx'

/** In place of the rows of a page after the last one: of an old link, or of a list that has become shorter. */
export const PastEnd = ({ onFirst }: { onFirst: () => void }) => (
  <Empty icon={IconList} title="This page is empty" action={<Button onClick={onFirst}>Go to first page</Button>}>
    The list is shorter than it was.
  </Empty>
)
