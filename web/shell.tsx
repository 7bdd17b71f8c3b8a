import { ActionIcon, Anchor, AppShell, Burger, Group, NavLink, Text, useMantineColorScheme } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import {
  IconDeviceDesktopAnalytics,
  IconMoon,
  IconPackage,
  IconRocket,
  IconSettings,
  IconSun,
  IconTopologyStar3,
} from '@tabler/icons-react'
import { lazy, Suspense, useEffect } from 'react'
import { Link, Route, Switch, useLocation } from 'wouter'
import { decoded } from './api/address.ts'
import { type Permission, useMay } from './api/session.ts'
import icon from './icon.svg'
import { Overview } from './pages/overview.tsx'
import { ErrorBoundary } from './parts/error-boundary.tsx'
import { LoadingSkeleton } from './parts/loading-skeleton.tsx'
import { UserMenu } from './parts/user-menu.tsx'

const Devices = lazy(() => import('./pages/devices.tsx'))
const Device = lazy(() => import('./pages/device.tsx'))
const Releases = lazy(() => import('./pages/releases.tsx'))
const Release = lazy(() => import('./pages/release.tsx'))
const Deployments = lazy(() => import('./pages/deployments.tsx'))
const NewDeployment = lazy(() => import('./pages/new-deployment.tsx'))
const Deployment = lazy(() => import('./pages/deployment.tsx'))
const Settings = lazy(() => import('./pages/settings.tsx'))
const NotFound = lazy(() => import('./pages/not-found.tsx'))

type NavItem = { href: string; label: string; icon: typeof IconRocket; permission: Permission }

const NAV_ITEMS: readonly NavItem[] = [
  { href: '/', label: 'Overview', icon: IconDeviceDesktopAnalytics, permission: 'read' },
  { href: '/devices', label: 'Devices', icon: IconTopologyStar3, permission: 'read_devices' },
  { href: '/releases', label: 'Releases', icon: IconPackage, permission: 'read_releases' },
  { href: '/deployments', label: 'Deployments', icon: IconRocket, permission: 'read_deployments' },
  { href: '/settings', label: 'Settings', icon: IconSettings, permission: 'read' },
]

/** The header and navigation around every page. */
export function Shell() {
  const [opened, { toggle, close }] = useDisclosure()
  const [path] = useLocation()
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page closes the menu and starts at its top
  useEffect(() => {
    close()
    window.scrollTo(0, 0)
  }, [path, close])
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 210, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding={{ base: 'sm', sm: 'lg' }}
    >
      <Anchor href={`${location.pathname}${location.search}#main`} className="skip-link">
        Skip to content
      </Anchor>
      <AppShell.Header px="md">
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Menu" />
            <Link href="/" className="brand" aria-label="Muster: overview">
              <img src={icon} alt="" width={28} height={28} />
              <Text fw={700} size="lg" component="span">
                Muster
              </Text>
            </Link>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <SchemeToggle />
            <UserMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Main">
        <NavItems path={path} />
      </AppShell.Navbar>
      <AppShell.Main id="main">
        <div className="content">
          <ErrorBoundary path={path}>
            <Suspense fallback={<LoadingSkeleton lines={8} />}>
              <Pages />
            </Suspense>
          </ErrorBoundary>
        </div>
      </AppShell.Main>
    </AppShell>
  )
}

function NavItems({ path }: { path: string }) {
  const may = useMay()
  return NAV_ITEMS.filter(({ permission }) => may(permission)).map(({ href, label, icon: Icon }) => {
    const active = href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`)
    return (
      <NavLink
        key={href}
        component={Link}
        href={href}
        label={label}
        active={active}
        {...(active ? { 'aria-current': 'page' } : {})}
        leftSection={<Icon size={20} stroke={1.6} aria-hidden />}
      />
    )
  })
}

const Pages = () => (
  <Switch>
    <Route path="/" component={Overview} />
    <Route path="/devices" component={Devices} />
    <Route path="/devices/:id">{({ id }) => <Device key={id} id={decoded(id)} />}</Route>
    <Route path="/releases" component={Releases} />
    <Route path="/releases/:name">{({ name }) => <Release key={name} name={decoded(name)} />}</Route>
    <Route path="/deployments" component={Deployments} />
    <Route path="/deployments/new" component={NewDeployment} />
    <Route path="/deployments/:id">{({ id }) => <Deployment key={id} id={decoded(id)} />}</Route>
    <Route path="/settings/*?">{(params) => <Settings section={params['*'] ?? ''} />}</Route>
    <Route component={NotFound} />
  </Switch>
)

function SchemeToggle() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const dark = colorScheme === 'dark' || (colorScheme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches)
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      aria-label={dark ? 'Switch to light mode' : 'Switch to dark mode'}
      onClick={() => setColorScheme(dark ? 'light' : 'dark')}
    >
      {dark ? <IconSun size={20} stroke={1.6} aria-hidden /> : <IconMoon size={20} stroke={1.6} aria-hidden />}
    </ActionIcon>
  )
}
