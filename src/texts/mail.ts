type Content = {
  paragraphs: readonly string[]
  links: readonly { label: string; url: string }[]
  /** Why the recipient gets the mail. */
  reason: string
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const encode = (text: string): string => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '')

/** The body of a mail, as plain text and as HTML without styles, images or scripts. */
export function mailText({ paragraphs, links, reason }: Content): { text: string; html: string } {
  const text = [...paragraphs, ...links.map(({ label, url }) => `${label}: ${url}`), `-- \n${reason}`].join('\n\n')
  const html = [
    ...paragraphs.map(encode),
    ...links.map(({ label, url }) => `<a href="${encode(url)}">${encode(label)}</a>`),
    `<small>${encode(reason)}</small>`,
  ]
  return {
    text: `${text}\n`,
    html: `<!doctype html><html lang="en"><body>${html.map((part) => `<p>${part}</p>`).join('\n')}</body></html>\n`,
  }
}
