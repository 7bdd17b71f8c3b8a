import { Text } from '@mantine/core'
import { IconUpload } from '@tabler/icons-react'
import { useEffect, useEffectEvent, useState } from 'react'

/** Accepts files that are dropped anywhere on the page, with an overlay while they are dragged. */
export function DropAnywhere({ onDrop }: { onDrop: (files: File[]) => void }) {
  const [isOver, setOver] = useState(false)
  const handleDrop = useEffectEvent(onDrop)
  useEffect(() => {
    const listening = new AbortController()
    const on = (type: 'dragover' | 'dragleave' | 'drop', listener: (event: DragEvent) => void) =>
      document.addEventListener(type, listener, { signal: listening.signal })
    on('dragover', (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return
      event.preventDefault()
      setOver(true)
    })
    on('dragleave', ({ relatedTarget }) => {
      if (relatedTarget === null) setOver(false)
    })
    on('drop', (event) => {
      setOver(false)
      const files = [...(event.dataTransfer?.files ?? [])]
      if (files.length === 0) return
      event.preventDefault()
      handleDrop(files)
    })
    return () => listening.abort()
  }, [])
  if (!isOver) return null
  return (
    <div className="drop-overlay">
      <IconUpload size={48} stroke={1.2} aria-hidden />
      <Text fw={600}>Drop to upload</Text>
    </div>
  )
}
