import { Menu, Text, UnstyledButton } from '@mantine/core'
import { IconChevronDown, IconLogout, IconUser } from '@tabler/icons-react'
import { Link } from 'wouter'
import { useSession } from '../api/session.ts'
import { useSignOut } from './use-sign-out.ts'

/** The signed-in user, with links to the account and to sign out. */
export function UserMenu() {
  const { user, tenant } = useSession()
  const signingOut = useSignOut()
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <UnstyledButton className="user" aria-label={`Account of ${user.email}`}>
          <Text size="xs" fw={500} truncate title={user.email}>
            {user.email}
          </Text>
          <IconChevronDown size={16} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{tenant.name}</Menu.Label>
        <Menu.Item component={Link} href="/settings/account" leftSection={<IconUser size={16} aria-hidden />}>
          Your account
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => signingOut.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
