import { Alert, Button, Stack, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { Component, type ReactNode } from 'react'

type Props = { path: string; children: ReactNode }

/** Shows an error instead of a page that fails to load or to render. A navigation to another path resets it. */
export class ErrorBoundary extends Component<Props, { hasError: boolean }> {
  override state = { hasError: false }

  static getDerivedStateFromError() {
    return { hasError: true }
  }

  override componentDidUpdate({ path }: Props) {
    if (path !== this.props.path && this.state.hasError) this.setState({ hasError: false })
  }

  override render() {
    return this.state.hasError ? <PageError /> : this.props.children
  }
}

const PageError = () => (
  <Alert
    color="red"
    variant="light"
    icon={<IconAlertTriangle aria-hidden />}
    title="This page could not be loaded"
    role="alert"
  >
    <Stack align="flex-start" gap="sm">
      <Text size="sm">
        The server cannot be reached, or it has been updated since you opened this page. Reload the page in a moment.
      </Text>
      <Button size="xs" variant="default" onClick={() => location.reload()}>
        Reload
      </Button>
    </Stack>
  </Alert>
)
