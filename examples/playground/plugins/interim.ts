import type { Plugin } from 'vite'
export const interim = (): Plugin => ({
  name: 'interim',
  transform(code, id) {
    if (!/build\/web\/platform\.js/.test(id)) return undefined
    return code.replace(
      'new URL("../../", import.meta.url)',
      'new URL("/interim/", self.location.origin)',
    )
  },
})
