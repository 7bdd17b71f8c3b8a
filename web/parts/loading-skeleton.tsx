import { Skeleton, Stack } from '@mantine/core'

/** Placeholder lines, about as tall as the content. */
export const LoadingSkeleton = ({ lines }: { lines: number }) => (
  <Stack gap="sm" aria-busy="true" aria-label="Loading" role="status">
    {Array.from({ length: lines }, (_, line) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: all lines are alike
      <Skeleton key={line} height={28} />
    ))}
  </Stack>
)
