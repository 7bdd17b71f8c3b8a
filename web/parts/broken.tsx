import { Alert, Button, Stack, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { Component, type ReactNode } from 'react'

type Props = { path: string; children: ReactNode }

/** Where a page cannot be shown, for want of its script or by a mistake in it, says so in its place; another path is another try. */
export class UnlessBroken extends Component<Props, { isBroken: boolean }> {
  override state = { isBroken: false }

  static getDerivedStateFromError() {
    return { isBroken: true }
  }

  override componentDidUpdate({ path }: Props) {
    if (path !== this.props.path && this.state.isBroken) this.setState({ isBroken: false })
  }

  override render() {
    return this.state.isBroken ? <Broken /> : this.props.children
  }
}

const Broken = () => (
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
