import { Page } from '../parts/page.tsx'

export default function Settings({ section }: { section: string }) {
  return <Page title={section || 'Settings'}>{null}</Page>
}
