import { useMantineColorScheme } from '@mantine/core'

/** Whether the pages are dark, and a function that changes it. */
export function useDarkMode() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const isDark =
    colorScheme === 'dark' || (colorScheme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches)
  return { isDark, toggle: () => setColorScheme(isDark ? 'light' : 'dark') }
}
