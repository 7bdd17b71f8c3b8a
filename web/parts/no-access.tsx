import { IconLock } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Empty } from './empty.tsx'
import { WhoGivesAccess } from './failure.tsx'

/** In place of a page that the roles of the user do not include, and who can change that. */
export const NoAccess = ({ title, children }: { title: string; children?: ReactNode }) => (
  <Empty icon={IconLock} title={title}>
    {children} <WhoGivesAccess />
  </Empty>
)
