import { Button, Stack, Text, Title } from '@mantine/core'
import { type FormEvent, type ReactNode, useEffect } from 'react'
import icon from '../icon.svg'
import { Problem } from './problem.tsx'

/** `tab`: the name of the page, if it is not its title. */
type Props = { title: string; tab?: string; about: string; onSubmit?: () => void; children: ReactNode }

/** A page for users who are not signed in: one form. */
export function FrontPage({ title, tab = title, about, onSubmit, children }: Props) {
  useEffect(() => {
    document.title = `${tab} · Muster`
  }, [tab])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSubmit?.()
  }
  return (
    <main className="sign-in">
      <form className="card" onSubmit={submit}>
        <Stack gap="lg">
          <Stack gap="2xs" align="center" ta="center">
            <img src={icon} alt="" width={52} height={52} />
            <Title order={1}>{title}</Title>
            <Text c="dimmed" size="sm">
              {about}
            </Text>
          </Stack>
          {children}
        </Stack>
      </form>
    </main>
  )
}

type FormProps = Omit<Props, 'onSubmit' | 'children'> & {
  /** The label of the button. */
  action: string
  sending: { mutate: () => void; isPending: boolean; error: Error | null }
  below?: ReactNode
  children?: ReactNode
}

/** Fields, the error message of what was sent, and the button that sends them. */
export const FrontForm = ({ action, sending, below, children, ...page }: FormProps) => (
  <FrontPage {...page} onSubmit={sending.mutate}>
    {children}
    <Problem>{sending.error?.message}</Problem>
    <Button type="submit" size="md" loading={sending.isPending}>
      {action}
    </Button>
    {below}
  </FrontPage>
)
