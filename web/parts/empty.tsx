import './state.css'
import { Title } from '@mantine/core'
import type { ReactNode } from 'react'

type Props = { icon: ReactNode; title: string; children: ReactNode; action?: ReactNode }

/** An empty state with the next step. */
export function Empty({ icon, title, children, action }: Props) {
  return (
    <div className="empty">
      <span className="empty-icon" aria-hidden>
        {icon}
      </span>
      <Title order={2}>{title}</Title>
      <p className="about">{children}</p>
      {action}
    </div>
  )
}
