import {
  IconClock,
  IconKeyboard,
  IconLogout,
  IconMoon,
  IconRocket,
  IconSun,
  IconUpload,
  IconUserCheck,
} from '@tabler/icons-react'
import { zone } from '../../../src/texts/times.ts'
import { usePreferences } from '../../api/preferences.ts'
import { useMay } from '../../api/session.ts'
import { devicesOfStatus, UPLOAD_RELEASE } from '../links.ts'
import { useDarkMode } from '../use-dark-mode.ts'
import { useSignOut } from '../use-sign-out.ts'
import type { Item } from './item.ts'
import { NEW_DEPLOYMENT } from './shortcuts.ts'

/** What can be done from any page, if the roles of the user permit it. */
export function useActions(onKeys: () => void): Item[] {
  const may = useMay()
  const { isDark, toggle } = useDarkMode()
  const { preferences, change } = usePreferences()
  const signingOut = useSignOut()
  const { utc } = preferences
  const doing = (run: () => void) => ({
    run: () => {
      run()
      return undefined
    },
  })
  return [
    ...(may('deployments') ? [{ ...NEW_DEPLOYMENT, id: 'new-deployment', icon: IconRocket }] : []),
    ...(may('upload') ? [{ id: 'upload', label: 'Upload a release', href: UPLOAD_RELEASE, icon: IconUpload }] : []),
    ...(may('devices')
      ? [
          {
            ...{ id: 'pending', label: 'Accept pending devices', href: devicesOfStatus('pending') },
            icon: IconUserCheck,
          },
        ]
      : []),
    {
      ...{ id: 'scheme', label: isDark ? 'Switch to light mode' : 'Switch to dark mode' },
      ...{ detail: 'color scheme', icon: isDark ? IconSun : IconMoon, ...doing(toggle) },
    },
    {
      ...{ id: 'zone', label: utc ? `Show times in ${zone()}` : 'Show times in UTC', detail: 'time zone' },
      ...{ icon: IconClock, ...doing(() => change.mutate({ utc: !utc })) },
    },
    {
      ...{ id: 'keys', label: 'Keyboard shortcuts', icon: IconKeyboard, keys: ['?'] },
      run: () => {
        onKeys()
        return 'stay'
      },
    },
    { id: 'sign-out', label: 'Sign out', icon: IconLogout, ...doing(signingOut.mutate) },
  ]
}
