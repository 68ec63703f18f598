'use client'

import { useEffect, useState } from 'react'
import { load } from 'vitrine'

/** What is in a picture, found out in the browser. */
export function Answer({ picture }: { picture: string }) {
  const [answer, setAnswer] = useState('')

  useEffect(() => {
    const controller = new AbortController()
    classify(picture, controller.signal).then(setAnswer, (error) => {
      if (!controller.signal.aborted) throw error
    })
    return () => controller.abort()
  }, [picture])

  return <output>{answer}</output>
}

async function classify(picture: string, signal: AbortSignal): Promise<string> {
  const vit = await load(undefined, { signal })
  const [top] = await vit.classify(picture, { signal })
  vit.dispose()
  return `${top.label} ${top.probability.toFixed(3)}`
}
