import { Anchor, AppShell, Burger, Group, NavLink } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import {
  IconDeviceDesktopAnalytics,
  IconFilter,
  IconPackage,
  IconRocket,
  IconSettings,
  IconStack2,
  IconTopologyStar3,
} from '@tabler/icons-react'
import { lazy, Suspense, useEffect } from 'react'
import { Link, Route, Switch, useLocation } from 'wouter'
import { decoded } from './api/address.ts'
import { useMay, useSession } from './api/session.ts'
import { Overview } from './pages/overview.tsx'
import { Brand } from './parts/brand.tsx'
import { ErrorBoundary } from './parts/error-boundary.tsx'
import { LoadingSkeleton } from './parts/loading-skeleton.tsx'
import { Launcher } from './parts/palette/launcher.tsx'
import type { PageItem } from './parts/palette/shortcuts.ts'
import { PrintNote } from './parts/print-note.tsx'
import { SchemeToggle } from './parts/scheme-toggle.tsx'
import { UserMenu } from './parts/user-menu.tsx'

const Devices = lazy(() => import('./pages/devices.tsx'))
const Device = lazy(() => import('./pages/device.tsx'))
const Groups = lazy(() => import('./pages/groups.tsx'))
const Filters = lazy(() => import('./pages/filters.tsx'))
const Releases = lazy(() => import('./pages/releases.tsx'))
const Release = lazy(() => import('./pages/release.tsx'))
const Deployments = lazy(() => import('./pages/deployments.tsx'))
const NewDeployment = lazy(() => import('./pages/new-deployment.tsx'))
const Deployment = lazy(() => import('./pages/deployment.tsx'))
const Settings = lazy(() => import('./pages/settings.tsx'))
const NotFound = lazy(() => import('./pages/not-found.tsx'))

const NAV_ITEMS: readonly PageItem[] = [
  { href: '/', label: 'Overview', letter: 'o', icon: IconDeviceDesktopAnalytics, permission: 'read' },
  { href: '/devices', label: 'Devices', letter: 'd', icon: IconTopologyStar3, permission: 'read_devices' },
  { href: '/groups', label: 'Groups', letter: 'g', icon: IconStack2, permission: 'read_devices', is_below: true },
  {
    ...{ href: '/filters', label: 'Filters', letter: 'f', icon: IconFilter, permission: 'read_devices' },
    ...{ feature: 'saved_filters', is_below: true },
  },
  { href: '/releases', label: 'Releases', letter: 'r', icon: IconPackage, permission: 'read_releases' },
  { href: '/deployments', label: 'Deployments', letter: 'p', icon: IconRocket, permission: 'read_deployments' },
  { href: '/settings', label: 'Settings', letter: 's', icon: IconSettings, permission: 'read' },
]

/** The header and navigation around every page. */
export function Shell() {
  const [opened, { toggle, close }] = useDisclosure()
  const [path] = useLocation()
  const pages = usePermitted()
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page closes the menu and starts at its top
  useEffect(() => {
    close()
    window.scrollTo(0, 0)
  }, [path, close])
  return (
    <AppShell
      header={{ height: { base: 48, sm: 0 } }}
      navbar={{ width: 208, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding={{ base: 'sm', sm: 'lg' }}
      transitionDuration={100}
    >
      <Anchor href={`${location.pathname}${location.search}#main`} className="skip-link">
        Skip to content
      </Anchor>
      <AppShell.Header px="sm" hiddenFrom="sm">
        <Group h="100%" gap="sm" wrap="nowrap">
          <Burger opened={opened} onClick={toggle} size="sm" aria-label="Menu" />
          <Home />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Main">
        <AppShell.Section className="navbar-top" visibleFrom="sm">
          <Home />
        </AppShell.Section>
        <AppShell.Section pb="xs">
          <Launcher pages={pages} />
        </AppShell.Section>
        <AppShell.Section grow>
          <NavItems path={path} items={pages} />
        </AppShell.Section>
        <AppShell.Section className="navbar-foot">
          <UserMenu />
          <SchemeToggle />
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="main">
        <div className="content">
          <ErrorBoundary path={path}>
            <Suspense fallback={<LoadingSkeleton lines={8} />}>
              <Pages />
            </Suspense>
          </ErrorBoundary>
          <PrintNote />
        </div>
      </AppShell.Main>
    </AppShell>
  )
}

const Home = () => (
  <Link href="/" className="brand" aria-label="Muster: overview">
    <Brand />
  </Link>
)

/** What the roles and the plan of the user permit. */
function usePermitted(): readonly PageItem[] {
  const may = useMay()
  const { features } = useSession()
  return NAV_ITEMS.filter(
    ({ permission, feature }) => may(permission) && (feature === undefined || features[feature] === true),
  )
}

function NavItems({ path, items }: { path: string; items: readonly PageItem[] }) {
  return items.map(({ href, label, icon: Icon, is_below = false }) => {
    const active = href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`)
    return (
      <NavLink
        key={href}
        className="nav-link"
        component={Link}
        href={href}
        label={label}
        {...(is_below ? { pl: 'xl', py: '2xs' } : {})}
        {...(active ? { 'aria-current': 'page' } : {})}
        leftSection={<Icon size={18} stroke={1.6} aria-hidden />}
      />
    )
  })
}

const Pages = () => (
  <Switch>
    <Route path="/" component={Overview} />
    <Route path="/devices" component={Devices} />
    <Route path="/devices/:id">{({ id }) => <Device key={id} id={decoded(id)} />}</Route>
    <Route path="/groups" component={Groups} />
    <Route path="/filters" component={Filters} />
    <Route path="/releases" component={Releases} />
    <Route path="/releases/:name">{({ name }) => <Release key={name} name={decoded(name)} />}</Route>
    <Route path="/deployments" component={Deployments} />
    <Route path="/deployments/new" component={NewDeployment} />
    <Route path="/deployments/:id">{({ id }) => <Deployment key={id} id={decoded(id)} />}</Route>
    <Route path="/settings/*?">{(params) => <Settings section={params['*'] ?? ''} />}</Route>
    <Route component={NotFound} />
  </Switch>
)
