import { useMediaQuery } from '@mantine/hooks'

/** How many rows of a table about fill the height of a screen. */
export function useRowsPerPage(): number {
  const isTall = useMatches('(min-height: 75em)')
  const isVeryTall = useMatches('(min-height: 112em)')
  return isVeryTall ? 50 : isTall ? 30 : 20
}

const useMatches = (query: string) => useMediaQuery(query, false, { getInitialValueInEffect: false })
