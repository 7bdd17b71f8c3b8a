import { Page } from '../parts/page.tsx'

export default function Devices() {
  return <Page title="Devices">{null}</Page>
}
