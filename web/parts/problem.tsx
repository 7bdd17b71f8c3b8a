import { Alert } from '@mantine/core'

/** Why something that was asked for was not done; nothing without a text. */
export const Problem = ({ children }: { children: string | undefined }) =>
  children && (
    <Alert color="red" variant="light" role="alert">
      {children}
    </Alert>
  )
