import { Stack, Text, Title } from '@mantine/core'
import { type FormEvent, type ReactNode, useEffect } from 'react'
import icon from '../icon.svg'

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
