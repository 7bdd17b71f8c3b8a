import './settings.css'
import { Anchor, NavLink, Stack } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import {
  IconBuilding,
  IconChecklist,
  IconChevronLeft,
  IconDownload,
  IconHistory,
  IconKey,
  IconLogin,
  IconPlugConnected,
  IconShieldCheck,
  IconTag,
  IconUser,
  IconUsers,
  IconWebhook,
} from '@tabler/icons-react'
import type { ComponentType } from 'react'
import { Link } from 'wouter'
import { useMay } from '../api/session.ts'
import { NoAccess } from '../parts/no-access.tsx'
import { Page } from '../parts/page.tsx'
import NotFound from './not-found.tsx'
import { AccessTokens } from './settings/access-tokens.tsx'
import { Account } from './settings/account.tsx'
import { AuditLog } from './settings/audit-log.tsx'
import { Ddi } from './settings/ddi.tsx'
import { DeviceNames } from './settings/device-names.tsx'
import { Downloads } from './settings/downloads.tsx'
import { Recipes } from './settings/recipes.tsx'
import { Roles } from './settings/roles.tsx'
import { SETTINGS_SECTIONS, type SettingsSection } from './settings/sections.ts'
import { SignInSettings } from './settings/sign-in.tsx'
import { TenantInfo } from './settings/tenant-info.tsx'
import { Users } from './settings/users.tsx'
import { Webhooks } from './settings/webhooks.tsx'

type Section = SettingsSection & { icon: typeof IconUser; content: ComponentType }

const SHOWN: Readonly<Record<string, Pick<Section, 'icon' | 'content'>>> = {
  account: { icon: IconUser, content: Account },
  'access-tokens': { icon: IconKey, content: AccessTokens },
  users: { icon: IconUsers, content: Users },
  roles: { icon: IconShieldCheck, content: Roles },
  downloads: { icon: IconDownload, content: Downloads },
  'sign-in': { icon: IconLogin, content: SignInSettings },
  recipes: { icon: IconChecklist, content: Recipes },
  devices: { icon: IconTag, content: DeviceNames },
  ddi: { icon: IconPlugConnected, content: Ddi },
  webhooks: { icon: IconWebhook, content: Webhooks },
  'audit-log': { icon: IconHistory, content: AuditLog },
  tenant: { icon: IconBuilding, content: TenantInfo },
}

const SECTIONS: readonly Section[] = SETTINGS_SECTIONS.flatMap((section) => {
  const shown = SHOWN[section.path]
  return shown ? [{ ...section, ...shown }] : []
})

/** In a sentence. */
const SECTION_NAMES: Readonly<Record<string, string>> = {
  ...{
    users: 'the list of users',
    roles: 'the list of roles',
    recipes: 'recipes',
    devices: 'the names of devices',
    ddi: 'the settings of DDI',
    downloads: 'the limits of downloads',
    'sign-in': 'the settings of sign-in',
  },
  ...{ webhooks: 'webhooks', 'audit-log': 'the audit log' },
}

/** The sections beside the open one; on narrow screens, a page of their own. */
export default function Settings({ section }: { section: string }) {
  const may = useMay()
  const is_narrow = useMediaQuery('(max-width: 62em)', undefined, { getInitialValueInEffect: false })
  const sections = SECTIONS.filter(({ permission }) => may(permission))
  const shown = sections.find(({ path }) => path === (section || 'account'))
  const hidden = SECTIONS.find(({ path }) => path === section)
  if (!shown && hidden)
    return (
      <Page title="Settings" section={hidden.label}>
        <NoAccess title={`Your role does not include ${SECTION_NAMES[hidden.path] ?? 'these settings'}`} />
      </Page>
    )
  if (!shown) return <NotFound />
  if (is_narrow && section === '')
    return (
      <Page title="Settings">
        <SectionList sections={sections} />
      </Page>
    )
  const { label, content: Content } = shown
  return (
    <Page key={shown.path} title={is_narrow ? label : 'Settings'} section={is_narrow ? undefined : label}>
      <Stack gap="sm" className="settings">
        {is_narrow ? <BackToList /> : <SectionNav sections={sections} shown={shown} />}
        <div>
          <Content />
        </div>
      </Stack>
    </Page>
  )
}

const SectionList = ({ sections }: { sections: readonly Section[] }) => (
  <nav aria-label="Settings" className="card">
    {sections.map(({ path, label, about, icon: Icon }) => (
      <NavLink
        key={path}
        component={Link}
        href={`/settings/${path}`}
        label={label}
        description={about}
        leftSection={<Icon size={20} stroke={1.6} aria-hidden />}
      />
    ))}
  </nav>
)

const BackToList = () => (
  <Anchor component={Link} href="/settings" size="sm">
    <IconChevronLeft size={14} aria-hidden /> All settings
  </Anchor>
)

const SectionNav = ({ sections, shown }: { sections: readonly Section[]; shown: Section }) => (
  <nav aria-label="Settings">
    {sections.map(({ path, label, icon: Icon }) => (
      <NavLink
        key={path}
        className="nav-link"
        component={Link}
        href={`/settings/${path}`}
        label={label}
        {...(path === shown.path ? { 'aria-current': 'page' } : {})}
        leftSection={<Icon size={18} stroke={1.6} aria-hidden />}
      />
    ))}
  </nav>
)
