import './state.css'
import { Button } from '@mantine/core'
import { IconAlertTriangle, IconError404, IconLock, IconPlugConnectedX } from '@tabler/icons-react'
import { type CSSProperties, type ReactNode, useContext } from 'react'
import { ApiError, problemOf } from '../api/http.ts'
import { SessionContext } from '../api/session.ts'

/** Why a request was not successful, and what to do about it. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => unknown }) {
  const { title, icon, color, isFinal } = kindOf(error)
  return (
    <FailureState title={title} icon={icon} color={color}>
      <div>{problemOf(error).sentence}</div>
      {isForbidden(error) && <WhoGivesAccess />}
      {isFinal && !isForbidden(error) && <div>It may have been deleted, or your role does not include it.</div>}
      {onRetry && !isFinal && (
        <Button size="xs" variant="default" w="fit-content" mt="2xs" onClick={() => onRetry()}>
          Try again
        </Button>
      )}
    </FailureState>
  )
}

type StateProps = { title: string; icon?: ReactNode; color?: string; children: ReactNode }

/** An error in place of what it concerns. */
export const FailureState = ({
  title,
  icon = <IconAlertTriangle {...ICON} />,
  color = 'red',
  children,
}: StateProps) => (
  <div
    className="state"
    role="alert"
    style={{ '--state-color': `var(--mantine-color-${color}-filled)` } as CSSProperties}
  >
    {icon}
    <strong>{title}</strong>
    {children}
  </div>
)

const ICON = { size: 18, stroke: 1.6, 'aria-hidden': true } as const

type Kind = { title: string; icon: ReactNode; color: string; isFinal?: boolean }

function kindOf(error: unknown): Kind {
  const status = error instanceof ApiError ? error.status : undefined
  if (status === 0)
    return { title: 'No connection to the server', icon: <IconPlugConnectedX {...ICON} />, color: 'orange' }
  if (isForbidden(error))
    return { title: 'You have no access to this', icon: <IconLock {...ICON} />, color: 'gray', isFinal: true }
  if (status === 404)
    return { title: 'This does not exist', icon: <IconError404 {...ICON} />, color: 'gray', isFinal: true }
  return { title: 'Something went wrong', icon: <IconAlertTriangle {...ICON} />, color: 'red' }
}

export const isForbidden = (error: unknown): boolean => error instanceof ApiError && error.status === 403

/** Roles are given by those who may manage users. */
export function WhoGivesAccess() {
  const session = useContext(SessionContext)
  if (!session) return null
  const { user, tenant } = session
  return (
    <span>
      You are signed in as {user.email}. An administrator of the tenant {tenant.name} can give you a role that includes
      it, in Settings, Users.
    </span>
  )
}
