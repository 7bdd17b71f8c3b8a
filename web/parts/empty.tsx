import './state.css'
import { Title } from '@mantine/core'
import type { IconDevicesOff } from '@tabler/icons-react'
import type { ReactNode } from 'react'

type Props = { icon: typeof IconDevicesOff; title: string; children: ReactNode; action?: ReactNode }

/** An empty state with the next step. */
export function Empty({ icon: Icon, title, children, action }: Props) {
  return (
    <div className="empty">
      <span className="empty-icon" aria-hidden>
        <Icon size={40} stroke={1.5} />
      </span>
      <Title order={2}>{title}</Title>
      <p className="about">{children}</p>
      {action}
    </div>
  )
}
