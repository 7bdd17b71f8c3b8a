import { Skeleton, Stack } from '@mantine/core'

/** Lines about as tall as what comes. */
export const Opening = ({ lines }: { lines: number }) => (
  <Stack gap="sm" aria-busy="true" aria-label="Loading" role="status">
    {Array.from({ length: lines }, (_, line) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
      <Skeleton key={line} height={28} />
    ))}
  </Stack>
)
